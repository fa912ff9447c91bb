package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * Receives the higher ranks' connections. Each caller is heard on a thread of its own, so that a
 * silent stranger holds nobody up, and only so many who have not proven themselves at once: one
 * that was heard for a while makes room for the next, and calls again if it is a rank. Who has
 * proven itself counts no more and is never pushed out: it is kept before it is told that it is
 * accepted.
 */
final class Reception implements AutoCloseable {

  static final int MAX_HEARINGS = 64;

  /** How long a caller is heard before another may take its place. */
  private static final Duration GRACE = Duration.ofMillis(500);

  private static final long ROOM_MILLIS = 20;

  private final TcpListener listener;
  private final RunIdentity run;
  private final int rank;
  private final int size;
  private final Duration patience;
  private final Refusals refusals;

  /** All below belongs to the monitor of this object. */
  private final Arrivals arrivals;

  private final Deque<Hearing> unproven = new ArrayDeque<>();
  private boolean over;

  /**
   * @param patience for one caller, from its first byte to its proof
   */
  Reception(TcpListener listener, RunIdentity run, int rank, int size, Duration patience) {
    this.listener = listener;
    this.run = run;
    this.rank = rank;
    this.size = size;
    this.patience = patience;
    this.arrivals = new Arrivals(rank, size);
    this.refusals = new Refusals(rank);
  }

  /** Hears those who are waiting to be accepted, a bounded number. */
  void acceptAll() throws IOException {
    for (int i = 0; i < MAX_HEARINGS && hasRoom(); i++) {
      SocketChannel channel = listener.accept();
      if (channel == null) {
        return;
      }
      Hearing hearing = new Hearing(listener.pending(channel));
      synchronized (this) {
        unproven.add(hearing);
      }
      hearing.begin();
    }
  }

  /** Whether one more may be heard; waits a moment for that. Who has had its time makes room. */
  private boolean hasRoom() {
    Hearing longest = null;
    synchronized (this) {
      long deadline = System.nanoTime() + ROOM_MILLIS * 1_000_000;
      while (unproven.size() >= MAX_HEARINGS
          && !unproven.peek().hadItsTime()
          && System.nanoTime() < deadline) {
        try {
          wait(ROOM_MILLIS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }
      if (unproven.size() >= MAX_HEARINGS && unproven.peek().hadItsTime()) {
        longest = unproven.poll();
        longest.ended = true;
      }
      if (unproven.size() >= MAX_HEARINGS) {
        return false;
      }
    }
    if (longest != null) {
      longest.hangUp();
    }
    return true;
  }

  /** Whether all are here; nobody else is accepted then. */
  synchronized boolean complete() {
    over |= missing().isEmpty();
    return over;
  }

  synchronized List<Integer> missing() {
    return arrivals.missing();
  }

  synchronized Connection take(int other, boolean control) {
    return arrivals.of(other, control);
  }

  /** Who was turned away, for the message that somebody is missing. */
  String refusals() {
    return refusals.text();
  }

  /** Ends the hearings of all who have not proven themselves. */
  @Override
  public void close() {
    List<Hearing> ending;
    synchronized (this) {
      over = true;
      ending = List.copyOf(unproven);
      ending.forEach(hearing -> hearing.ended = true);
      unproven.clear();
    }
    ending.forEach(Hearing::hangUp);
    refusals.sumUp();
  }

  /**
   * Why an authenticated caller is refused; else null, and it is kept: the next step is to tell it.
   * A rank that calls again has given its former connection up, whatever became of that here.
   */
  private synchronized String admit(Hearing hearing, Handshake.Purpose purpose) {
    if (hearing.ended) {
      // No refusal: it is hung up on, and calls again.
      throw new IllegalStateException("it had not proven itself in time");
    }
    String refusal = over ? "rank " + rank + " has all its peers" : refusal(purpose);
    if (refusal == null) {
      unproven.remove(hearing);
      notifyAll();
      Connection former = arrivals.claim(purpose.from(), purpose.control(), hearing);
      if (former != null) {
        listener.drop(former.channel());
      }
    }
    return refusal;
  }

  /** Its thread may have stood still since it was admitted: its rank may have called again. */
  private synchronized void arrive(Hearing hearing, Handshake.Heard heard) {
    Handshake.Purpose purpose = heard.purpose();
    Connection connection = new Connection(hearing.caller, heard.keys());
    if (over || !arrivals.keep(purpose.from(), purpose.control(), hearing, connection)) {
      listener.drop(hearing.caller);
    }
  }

  private synchronized void remove(Hearing hearing) {
    unproven.remove(hearing);
    notifyAll();
  }

  private synchronized boolean wasPushedOut(Hearing hearing) {
    return hearing.ended;
  }

  /** One caller and the thread that hears it. */
  private final class Hearing {

    private static final long END_MILLIS = 100;

    private final SocketChannel caller;
    private final Thread thread = new Thread(this::hear, "tessera-collective-reception-" + rank);
    private final long since = System.nanoTime();

    /** Of the reception's monitor. */
    private boolean ended;

    Hearing(SocketChannel caller) {
      this.caller = caller;
      thread.setDaemon(true);
    }

    void begin() {
      thread.start();
    }

    boolean hadItsTime() {
      return System.nanoTime() - since > GRACE.toNanos();
    }

    private void hear() {
      String from = caller.socket().getRemoteSocketAddress().toString();
      try {
        long deadline = System.nanoTime() + patience.toNanos();
        Handshake.Heard heard =
            new Handshake(run, caller, deadline).answer(purpose -> admit(this, purpose));
        arrive(this, heard);
      } catch (IOException | RuntimeException e) {
        String reason = e.getMessage() == null ? e.toString() : e.getMessage();
        refusals.add(from, wasPushedOut(this) ? "it had not proven itself in time" : reason);
        listener.drop(caller);
      } finally {
        remove(this);
      }
    }

    void hangUp() {
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
    return null;
  }
}
