package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.collective.StallClock.Due;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StallClockTest {

  private static final long SECOND = 1_000_000_000L;

  private final StallClock clock =
      new StallClock(
          new Timeouts(Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(120)));

  @Test
  void asksBeforeItWarnsAndBeforeItFails() {
    clock.progress(0);
    assertThat(clock.due(27 * SECOND)).isEqualTo(Due.NOTHING);
    assertThat(clock.due(28 * SECOND)).isEqualTo(Due.INQUIRY);
    assertThat(clock.due(29 * SECOND)).isEqualTo(Due.NOTHING);
    assertThat(clock.due(30 * SECOND)).isEqualTo(Due.WARNING);
    assertThat(clock.due(117 * SECOND)).isEqualTo(Due.NOTHING);
    assertThat(clock.due(118 * SECOND)).isEqualTo(Due.SECOND_INQUIRY);
    assertThat(clock.due(120 * SECOND)).isEqualTo(Due.FAILURE);
  }

  @Test
  void startsAnewWithProgress() {
    clock.progress(0);
    assertThat(clock.due(28 * SECOND)).isEqualTo(Due.INQUIRY);
    clock.progress(29 * SECOND);
    assertThat(clock.due(31 * SECOND)).isEqualTo(Due.NOTHING);
    assertThat(clock.due(57 * SECOND)).isEqualTo(Due.INQUIRY);
  }

  @Test
  void extensionsStartDeadlinesAnewUntilTheyAreUsedUp() {
    clock.progress(0);
    for (int i = 1; i < StallClock.DEADLINES_AT_WORK; i++) {
      assertThat(clock.extend(120L * i * SECOND)).isTrue();
      assertThat(clock.due((120L * i + 27) * SECOND)).isEqualTo(Due.NOTHING);
      assertThat(clock.due((120L * i + 28) * SECOND)).isEqualTo(Due.INQUIRY);
      assertThat(clock.idleNanos((120L * i + 28) * SECOND)).isEqualTo((120L * i + 28) * SECOND);
    }
    assertThat(clock.extend(1200 * SECOND)).isFalse();
    clock.progress(1201 * SECOND);
    assertThat(clock.extend(1300 * SECOND)).isTrue();
  }

  @Test
  void sleepsNoLongerThanToTheNextDeadline() {
    clock.progress(0);
    assertThat(clock.millisToNext(0)).isBetween(28_000L, 28_001L);
    assertThat(clock.millisToNext(200 * SECOND)).isEqualTo(1);
  }
}
