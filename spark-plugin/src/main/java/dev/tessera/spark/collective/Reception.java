package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives the higher ranks' connections. Each caller is heard on a thread of its own, so that a
 * silent stranger holds nobody up.
 */
final class Reception {

  private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
  private static final int HEARING_MILLIS = 10_000;
  private static final int MAX_REFUSALS_NAMED = 3;

  private final TcpListener listener;
  private final RunIdentity run;
  private final int rank;
  private final int size;
  private final AtomicReferenceArray<SocketChannel> arrived;
  private final List<String> refusals = new ArrayList<>();

  Reception(TcpListener listener, RunIdentity run, int rank, int size) {
    this.listener = listener;
    this.run = run;
    this.rank = rank;
    this.size = size;
    this.arrived = new AtomicReferenceArray<>(2 * size);
  }

  /** Hears all who are waiting to be accepted. */
  void acceptAll() throws IOException {
    for (SocketChannel channel; (channel = listener.accept()) != null; ) {
      SocketChannel caller = listener.pending(channel);
      Thread thread = new Thread(() -> hear(caller), "tessera-collective-reception-" + rank);
      thread.setDaemon(true);
      thread.start();
    }
  }

  boolean complete() {
    return missing().isEmpty();
  }

  List<Integer> missing() {
    List<Integer> missing = new ArrayList<>();
    for (int other = rank + 1; other < size; other++) {
      if (arrived.get(place(other, false)) == null || arrived.get(place(other, true)) == null) {
        missing.add(other);
      }
    }
    return missing;
  }

  SocketChannel take(int other, boolean control) {
    return arrived.get(place(other, control));
  }

  /** Who was turned away, for the message that somebody is missing. */
  String refusals() {
    synchronized (refusals) {
      return refusals.isEmpty() ? "" : "; refused " + String.join(", ", refusals);
    }
  }

  private static int place(int other, boolean control) {
    return 2 * other + (control ? 1 : 0);
  }

  private void hear(SocketChannel caller) {
    String from = caller.socket().getRemoteSocketAddress().toString();
    try {
      caller.socket().setSoTimeout(HEARING_MILLIS);
      Handshake.Purpose purpose = new Handshake(run, caller).answer(this::refusal);
      if (!arrived.compareAndSet(place(purpose.from(), purpose.control()), null, caller)) {
        caller.close();
      }
    } catch (IOException e) {
      LOG.warn("Rank {} refused a connection from {}: {}", rank, from, e.getMessage());
      synchronized (refusals) {
        if (refusals.size() < MAX_REFUSALS_NAMED) {
          refusals.add(from + " (" + e.getMessage() + ")");
        }
      }
      listener.drop(caller);
    }
  }

  private String refusal(Handshake.Purpose purpose) {
    if (!purpose.runId().equals(run.runId()) || purpose.attempt() != run.attempt()) {
      return String.format(
          Locale.ROOT,
          "it is of run %s, attempt %d, not of %s",
          purpose.runId(),
          purpose.attempt(),
          run);
    }
    if (purpose.to() != rank || purpose.from() <= rank || purpose.from() >= size) {
      return String.format(
          Locale.ROOT,
          "rank %d calls rank %d, this is rank %d of %d",
          purpose.from(),
          purpose.to(),
          rank,
          size);
    }
    boolean taken = arrived.get(place(purpose.from(), purpose.control())) != null;
    return taken ? "rank " + purpose.from() + " is connected already" : null;
  }
}
