package dev.tessera.spark.collective;

import dev.tessera.models.train.CollectiveException;
import java.io.IOException;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This rank's connections to all peers, whole or broken as one. */
final class Mesh implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Mesh.class);

  /** How long the reason of a broken connection may take to arrive on the other one. */
  private static final long REASON_MILLIS = 1000;

  private final Failure failure = new Failure();
  private final Selector selector;
  private final Link[] links;
  private final Watcher watcher;
  private volatile MessageHeader entered;
  private volatile boolean inside;

  private volatile Consumer<String> warned = sentence -> {};
  private volatile Apart apart = Apart.NOTHING;

  /**
   * @param links by rank, null at this rank's own place
   * @param control registered with {@code controlSelector}
   */
  Mesh(
      int rank,
      Selector selector,
      Link[] links,
      Selector controlSelector,
      List<ControlLink> control) {
    this.selector = selector;
    this.links = links;
    this.watcher = new Watcher(rank, controlSelector, control, this::position, this::fail);
  }

  void start() {
    watcher.start();
  }

  Selector selector() {
    return selector;
  }

  Link link(int rank) {
    return links[rank];
  }

  void enter(MessageHeader call) {
    check();
    entered = call;
    apart = Apart.NOTHING;
    inside = true;
  }

  void leave() {
    inside = false;
  }

  void apart(Apart told) {
    apart = told;
  }

  private ControlFrame.Position position() {
    boolean now = inside;
    String told = apart.told();
    MessageHeader call = entered;
    return call == null
        ? new ControlFrame.Position(0, null, false, told)
        : new ControlFrame.Position(call.sequence(), call.operation(), now, told);
  }

  void onWarning(Consumer<String> told) {
    warned = told;
  }

  void check() {
    failure.check();
  }

  /** Runs {@code hook} once the mesh is broken or closed, perhaps twice; it must be quick. */
  void whenOver(Runnable hook) {
    failure.whenKnown(hook);
  }

  /** Whether it is broken or closed. */
  boolean isOver() {
    return failure.happened();
  }

  void inquire() {
    watcher.inquire();
  }

  void warn(MessageHeader call, String waitingFor, double seconds) {
    warn(call.toString(), call, waitingFor, seconds);
  }

  /** As above, for a call that has a name of its own. */
  void warn(String name, MessageHeader call, String waitingFor, double seconds) {
    String sentence = late(name, call, waitingFor, seconds);
    LOG.warn("{}", sentence);
    try {
      warned.accept(sentence);
    } catch (RuntimeException e) {
      LOG.debug("Nobody hears the warning", e); // What cannot be told must not break what waits.
    }
  }

  /** Which peers have not entered {@code call}, by the answers to the last inquiry. */
  List<String> missing(MessageHeader call) {
    return watcher.missing(call);
  }

  /** Whether some peer has not entered {@code call}, and each such peer is at work that it told. */
  boolean waitsForWork(MessageHeader call) {
    return watcher.waitsForWork(call);
  }

  CollectiveException late(MessageHeader call, String waitingFor, double seconds) {
    return broken(late(call.toString(), call, waitingFor, seconds), null);
  }

  /** What to say of a call that does not move. */
  String late(String name, MessageHeader call, String waitingFor, double seconds) {
    List<String> missing = watcher.missing(call);
    String who = missing.isEmpty() ? "" : ", " + String.join(", ", missing);
    return String.format(
        Locale.ROOT, "%s has not moved for %.1f s: %s%s", name, seconds, waitingFor, who);
  }

  CollectiveException interrupted() {
    return broken("The rank's thread was interrupted in " + entered, null);
  }

  /** A connection ended: for the reason on its way to us, or because the peer is gone. */
  CollectiveException lost(Link link, Exception cause) {
    failure.await(Thread.currentThread().isInterrupted() ? 0 : REASON_MILLIS);
    String how = watcher.departed(link.peer()) ? " has closed its collective" : " is lost";
    return broken(link.peer() + how + " in " + entered + ": " + cause.getMessage(), cause);
  }

  CollectiveException broken(String reason, Exception cause) {
    fail(reason);
    return failure.exception(cause);
  }

  /** Breaks the collective here and tells the peers; the first reason stands. */
  void fail(String reason) {
    fail(reason, reason);
  }

  void fail(String reason, String forPeers) {
    if (failure.record(reason)) {
      watcher.tellAll(new ControlFrame.Abort(forPeers));
      closeLinks();
      selector.wakeup();
    }
  }

  private void closeLinks() {
    for (Link link : links) {
      if (link != null) {
        link.close();
      }
    }
  }

  @Override
  public void close() {
    if (failure.record("The collective is closed")) {
      watcher.tellAll(new ControlFrame.Goodbye());
    }
    closeLinks();
    try {
      selector.close();
    } catch (IOException e) {
      LOG.debug("Cannot close the selector", e);
    }
    watcher.close();
  }
}
