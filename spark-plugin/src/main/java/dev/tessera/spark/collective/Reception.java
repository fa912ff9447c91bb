package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Receives the higher ranks' connections. Each caller is heard on a thread of its own, so that a
 * silent stranger holds nobody up, and only so many at once: the oldest of them makes room for the
 * next. A rank that is pushed out so calls again.
 */
final class Reception implements AutoCloseable {

  static final int MAX_HEARINGS = 64;

  private final TcpListener listener;
  private final RunIdentity run;
  private final int rank;
  private final int size;
  private final Duration patience;
  private final AtomicReferenceArray<Connection> arrived;
  private final Refusals refusals;
  private final Deque<Hearing> hearings = new ArrayDeque<>();

  /**
   * @param patience for one caller, from its first byte to its proof
   */
  Reception(TcpListener listener, RunIdentity run, int rank, int size, Duration patience) {
    this.listener = listener;
    this.run = run;
    this.rank = rank;
    this.size = size;
    this.patience = patience;
    this.arrived = new AtomicReferenceArray<>(2 * size);
    this.refusals = new Refusals(rank);
  }

  /** Hears those who are waiting to be accepted, a bounded number. */
  void acceptAll() throws IOException {
    for (int i = 0; i < MAX_HEARINGS; i++) {
      SocketChannel channel = listener.accept();
      if (channel == null) {
        return;
      }
      hearings.removeIf(Hearing::isOver);
      if (hearings.size() >= MAX_HEARINGS) {
        hearings.poll().end();
      }
      Hearing hearing = new Hearing(listener.pending(channel));
      hearings.add(hearing);
      hearing.begin();
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

  Connection take(int other, boolean control) {
    return arrived.get(place(other, control));
  }

  /** Who was turned away, for the message that somebody is missing. */
  String refusals() {
    return refusals.text();
  }

  /** Ends the hearings of all who have not proven themselves. */
  @Override
  public void close() {
    hearings.forEach(Hearing::end);
    hearings.clear();
    refusals.sumUp();
  }

  private static int place(int other, boolean control) {
    return 2 * other + (control ? 1 : 0);
  }

  /** One caller and the thread that hears it. */
  private final class Hearing {

    private static final long END_MILLIS = 100;

    private final SocketChannel caller;
    private final Thread thread = new Thread(this::hear, "tessera-collective-reception-" + rank);
    private boolean adopted;
    private boolean ended;

    Hearing(SocketChannel caller) {
      this.caller = caller;
      thread.setDaemon(true);
    }

    void begin() {
      thread.start();
    }

    boolean isOver() {
      return !thread.isAlive();
    }

    private void hear() {
      String from = caller.socket().getRemoteSocketAddress().toString();
      try {
        long deadline = System.nanoTime() + patience.toNanos();
        Handshake.Heard heard =
            new Handshake(run, caller, deadline).answer(Reception.this::refusal);
        if (!adopt(heard)) {
          listener.drop(caller);
        }
      } catch (IOException | RuntimeException e) {
        boolean pushedOut = isEnded();
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        refusals.add(from, pushedOut ? "it had not proven itself in time" : reason);
        listener.drop(caller);
      }
    }

    private synchronized boolean adopt(Handshake.Heard heard) {
      Handshake.Purpose purpose = heard.purpose();
      Connection connection = new Connection(caller, heard.keys());
      adopted =
          !ended
              && arrived.compareAndSet(place(purpose.from(), purpose.control()), null, connection);
      return adopted;
    }

    private synchronized boolean isEnded() {
      return ended;
    }

    /** Unless it has gone well. */
    void end() {
      synchronized (this) {
        if (adopted) {
          return;
        }
        ended = true;
      }
      listener.drop(caller);
      try {
        thread.join(END_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
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
    if (purpose.sealed() != run.sealed()) {
      return "ranks that encrypt and ranks that do not cannot talk";
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
