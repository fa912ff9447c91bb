package dev.tessera.models.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class RateScheduleTest {

  /** EDM2's: the whole rate until so many images were seen, then one over the root. */
  @Test
  void theInverseSquareRootBeginsWhereItIsOne() {
    RateSchedule schedule = new RateSchedule.InverseSquareRoot(1000);
    for (long seen : new long[] {0, 1, 500, 999, 1000}) {
      assertThat(schedule.factor(seen, 50)).as("%s images", seen).isEqualTo(1);
    }
    assertThat(schedule.factor(4000, 50)).isCloseTo(0.5, within(1e-15));
    assertThat(schedule.factor(9000, 50)).isCloseTo(1 / 3., within(1e-15));
  }

  @Test
  void theCosineEndsAtItsLastAndStaysThere() {
    RateSchedule schedule = new RateSchedule.Cosine(0.2);
    assertThat(schedule.factor(0, 100)).isEqualTo(1);
    assertThat(schedule.factor(50, 100)).isCloseTo(0.6, within(1e-15));
    assertThat(schedule.factor(100, 100)).isCloseTo(0.2, within(1e-15));
    assertThat(schedule.factor(150, 100)).isCloseTo(0.2, within(1e-15));
    assertThat(new RateSchedule.Constant().factor(70, 100)).isEqualTo(1);
  }
}
