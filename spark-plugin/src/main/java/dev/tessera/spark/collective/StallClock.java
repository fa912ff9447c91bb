package dev.tessera.spark.collective;

import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;

/** Measures the time without progress in an operation against the timeouts. */
final class StallClock {

  /** What is due, in this order. */
  enum Due {
    NOTHING,
    /** Ask the peers where they are, so that the warning can say it. */
    INQUIRY,
    WARNING,
    /** Ask once more, so that the failure names who is missing then. */
    SECOND_INQUIRY,
    FAILURE
  }

  private static final Due[] ORDER = Due.values();
  private static final long ANSWER_NANOS = Duration.ofSeconds(2).toNanos();

  /** Peers that are at work are given up after so many of the failure's deadlines. */
  static final int DEADLINES_AT_WORK = 10;

  private final long[] after;
  private long lastProgress;
  private long begun;
  private int stage;
  private int extensions;

  StallClock(Timeouts timeouts) {
    long warning = timeouts.stallWarning().toNanos();
    long failure = timeouts.failure().toNanos();
    long secondInquiry = Math.max(warning, before(failure));
    this.after = new long[] {0, before(warning), warning, secondInquiry, failure};
  }

  private static long before(long deadline) {
    return deadline - Math.min(ANSWER_NANOS, deadline / 4);
  }

  void progress(long now) {
    lastProgress = now;
    begun = now;
    stage = 0;
    extensions = 0;
  }

  /** Starts all deadlines anew without progress; false if that has been done often enough. */
  boolean extend(long now) {
    if (++extensions >= DEADLINES_AT_WORK) {
      return false;
    }
    begun = now;
    stage = 0;
    return true;
  }

  /** Without progress so far. */
  long idleNanos(long now) {
    return now - lastProgress;
  }

  private long sinceBegun(long now) {
    return now - begun;
  }

  /** The next thing that has come due, each once. */
  Due due(long now) {
    boolean next = stage + 1 < ORDER.length && sinceBegun(now) >= after[stage + 1];
    return next ? ORDER[++stage] : Due.NOTHING;
  }

  /** Milliseconds until something is due, at least 1. */
  long millisToNext(long now) {
    int next = Math.min(stage + 1, ORDER.length - 1);
    return Math.max(1, (after[next] - sinceBegun(now)) / 1_000_000 + 1);
  }
}
