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

  private final long[] after;
  private long lastProgress;
  private int stage;

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
    stage = 0;
  }

  long idleNanos(long now) {
    return now - lastProgress;
  }

  /** The next thing that has come due, each once. */
  Due due(long now) {
    boolean next = stage + 1 < ORDER.length && idleNanos(now) >= after[stage + 1];
    return next ? ORDER[++stage] : Due.NOTHING;
  }

  /** Milliseconds until something is due, at least 1. */
  long millisToNext(long now) {
    int next = Math.min(stage + 1, ORDER.length - 1);
    return Math.max(1, (after[next] - idleNanos(now)) / 1_000_000 + 1);
  }
}
