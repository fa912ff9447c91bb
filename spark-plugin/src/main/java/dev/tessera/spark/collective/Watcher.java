package dev.tessera.spark.collective;

import dev.tessera.spark.collective.ControlFrame.Position;
import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the control connections on a thread of its own, so that a peer's abort or death is known at
 * once and a peer's question is answered whatever the rank thread does.
 */
final class Watcher implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);

  private final Selector selector;
  private final List<ControlLink> links;
  private final Supplier<Position> position;
  private final Consumer<String> fail;
  private final Map<Integer, Position> answers = new ConcurrentHashMap<>();
  private final Thread thread;

  /**
   * @param selector the one that {@code links} are registered with
   * @param position where this rank is
   * @param fail told why the collective is broken
   */
  Watcher(
      int rank,
      Selector selector,
      List<ControlLink> links,
      Supplier<Position> position,
      Consumer<String> fail) {
    this.selector = selector;
    this.links = List.copyOf(links);
    this.position = position;
    this.fail = fail;
    this.thread = new Thread(this::watch, "tessera-collective-watch-" + rank);
    thread.setDaemon(true);
  }

  void start() {
    thread.start();
  }

  void tellAll(ControlFrame frame) {
    links.forEach(link -> link.send(frame));
  }

  /** Asks every peer where it is; the answers are in {@link #missing}. */
  void inquire() {
    answers.clear();
    tellAll(new ControlFrame.Inquiry());
  }

  /** Whether the peer has closed its collective in good order. */
  boolean departed(Peer peer) {
    return links.stream().anyMatch(link -> link.peer().equals(peer) && link.departed());
  }

  /** Who keeps the call waiting, by the answers to the last inquiry; empty if all are in it. */
  List<String> missing(MessageHeader call) {
    List<String> missing = new ArrayList<>();
    for (ControlLink link : links) {
      Position answer = answers.get(link.peer().rank());
      if (link.departed()) {
        missing.add(link.peer() + " has closed its collective");
      } else if (answer == null) {
        missing.add(link.peer() + " does not answer");
      } else if (isAtWork(answer, call)) {
        missing.add(link.peer() + " is busy with " + answer.apart());
      } else if (answer.sequence() < call.sequence()) {
        missing.add(link.peer() + " has not entered it (its last call: " + answer + ")");
      }
    }
    return missing;
  }

  private static boolean isAtWork(Position answer, MessageHeader call) {
    return answer.sequence() < call.sequence() && !answer.apart().isEmpty();
  }

  /** Whether all who keep the call waiting, by the same answers, have told what they do. */
  boolean waitsForWork(MessageHeader call) {
    boolean some = false;
    for (ControlLink link : links) {
      Position answer = answers.get(link.peer().rank());
      if (link.departed() || answer == null) {
        return false;
      }
      if (answer.sequence() < call.sequence()) {
        if (!isAtWork(answer, call)) {
          return false;
        }
        some = true;
      }
    }
    return some;
  }

  private void watch() {
    try {
      while (selector.isOpen()) {
        selector.select(key -> receive((ControlLink) key.attachment(), key));
      }
    } catch (IOException e) {
      fail.accept("The control connections cannot be read: " + e.getMessage());
    } catch (ClosedSelectorException e) {
      // The collective was closed.
    } catch (RuntimeException e) {
      // Without this thread nobody would hear of a lost peer.
      LOG.warn("The control connections are no longer watched", e);
      fail.accept("The control connections cannot be read: " + e);
    }
  }

  private void receive(ControlLink link, SelectionKey key) {
    if (!link.receive(frame -> handle(link, frame))) {
      key.cancel();
      if (!link.departed() && selector.isOpen()) {
        fail.accept(link.peer() + " is lost: its connection was closed");
      }
    }
  }

  private void handle(ControlLink link, ControlFrame frame) {
    if (frame instanceof ControlFrame.Abort abort) {
      fail.accept(abort.reason());
    } else if (frame instanceof ControlFrame.Inquiry) {
      link.send(position.get());
    } else if (frame instanceof Position answer) {
      answers.put(link.peer().rank(), answer);
    }
  }

  @Override
  public void close() {
    try {
      selector.close();
    } catch (IOException e) {
      // The links are closed below.
    }
    links.forEach(ControlLink::close);
  }
}
