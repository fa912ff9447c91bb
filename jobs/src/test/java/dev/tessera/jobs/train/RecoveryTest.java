package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import dev.tessera.spark.barrier.RecoveryPart;
import org.junit.jupiter.api.Test;

class RecoveryTest {

  private long now = -5_000_000_000L;
  private final Recovery recovery = new Recovery(() -> now);

  private void after(long millis, RecoveryPart part) {
    now += millis * 1_000_000;
    recovery.over(part);
  }

  private void restart(long scale) {
    after(200 * scale, RecoveryPart.FAILURE);
    after(1000 * scale, RecoveryPart.PAUSE);
    after(6100 * scale, RecoveryPart.EXECUTORS);
    after(2400 * scale, RecoveryPart.RANKS);
  }

  @Test
  void everyMomentBelongsToOnePartAndTheySumToTheWhole() {
    recovery.lost();
    restart(1);
    after(900, RecoveryPart.LIBRARY);
    after(1100, RecoveryPart.PROGRAMS);
    after(100, RecoveryPart.ROWS);
    after(400, RecoveryPart.STATE);
    after(2000, RecoveryPart.FIRST_STEP);

    assertThat(recovery)
        .hasToString(
            "14.2 s after the loss"
                + " (failure 0.2, pause 1.0, executors 6.1, ranks 2.4, library 0.9, programs 1.1,"
                + " rows 0.1, state 0.4, first step 2.0)");
    assertThat(recovery.values())
        .containsExactly(
            entry("recovery_seconds", 14.2),
            entry("failure_seconds", 0.2),
            entry("pause_seconds", 1.0),
            entry("executors_seconds", 6.1),
            entry("ranks_seconds", 2.4),
            entry("library_seconds", 0.9),
            entry("programs_seconds", 1.1),
            entry("rows_seconds", 0.1),
            entry("state_seconds", 0.4),
            entry("first_step_seconds", 2.0));
    assertThat(recovery.running()).isFalse();
  }

  @Test
  void aLossDuringARecoveryProlongsIt() {
    recovery.lost();
    restart(1);
    now += 300_000_000; // At work on its state, when it is lost too.
    recovery.lost();
    restart(2);
    after(900, RecoveryPart.LIBRARY);
    after(1100, RecoveryPart.PROGRAMS);
    after(100, RecoveryPart.ROWS);
    after(400, RecoveryPart.STATE);
    after(2000, RecoveryPart.FIRST_STEP);

    assertThat(recovery.values())
        .containsEntry("recovery_seconds", 33.9)
        .containsEntry("failure_seconds", 0.9)
        .containsEntry("pause_seconds", 3.0)
        .containsEntry("first_step_seconds", 2.0);
  }

  @Test
  void theNextRecoveryBeginsAnewAndTimeBetweenBelongsToNone() {
    recovery.lost();
    restart(1);
    after(100, RecoveryPart.FIRST_STEP);
    after(60_000, RecoveryPart.FIRST_STEP);
    recovery.lost();
    after(500, RecoveryPart.FAILURE);
    after(100, RecoveryPart.FIRST_STEP);

    assertThat(recovery).hasToString("0.6 s after the loss (failure 0.5, first step 0.1)");
  }

  @Test
  void nothingIsMeasuredWhereNothingWasLost() {
    after(100, RecoveryPart.STATE);
    after(100, RecoveryPart.FIRST_STEP);

    assertThat(recovery.running()).isFalse();
    assertThat(recovery.values()).containsExactly(entry("recovery_seconds", 0.0));
  }
}
