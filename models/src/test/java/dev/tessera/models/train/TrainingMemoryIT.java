package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What the loop holds in memory, seen from outside of its process. */
final class TrainingMemoryIT {

  /** A heap that is there from the start: what grows is native. */
  private static final String[] FIXED_HEAP = {
    // The JVM's own memory is fixed: heap touched at the start, no optimising compiler.
    "-Xms128m", "-Xmx128m", "-XX:+AlwaysPreTouch", "-XX:TieredStopAtLevel=1"
  };

  private static final long LIMIT = 5_000_000;

  @BeforeAll
  static void processesCanBeMeasured() {
    Assumptions.assumeTrue(LoopProcess.canBeMeasured(), "memory is read from /proc");
  }

  @ParameterizedTest
  @CsvSource({"DIT, 64, 2", "VQGAN, 64, 2", "DIT, 64, 8", "VQGAN, 128, 1"})
  void theExpectedMemoryIsNearTheMeasuredPeak(DemoObjectives family, int batch, int shards)
      throws Exception {
    TrainingSchedule schedule = new TrainingSchedule(1, batch, shards, 1_000_000, 1_000_000);
    MemoryEstimate estimate = MemoryEstimate.of(family.of(shards, batch / shards), schedule, 1);
    LoopProcess.Memory measured = LoopProcess.run(family, 6, batch, shards, "-Xmx256m");
    assertThat(estimate.total())
        .as("%s for a measured peak of %d", estimate, measured.peak())
        .isCloseTo(measured.peak(), withinPercentage(20));
  }

  @ParameterizedTest
  @EnumSource
  void hundredsOfStepsAddNothing(DemoObjectives family) throws Exception {
    doesNotGrow(LoopProcess.run(family, 300, 2, 2, FIXED_HEAP));
  }

  @Tag("soak")
  @ParameterizedTest
  @EnumSource
  void thousandsOfStepsAddNothing(DemoObjectives family) throws Exception {
    doesNotGrow(LoopProcess.run(family, 2000, 16, 2, FIXED_HEAP));
  }

  private static void doesNotGrow(LoopProcess.Memory memory) {
    long before = memory.typical(0.4, 0.5);
    long after = memory.typical(0.9, 1);
    assertThat(after - before)
        .as("growth from the middle to the end, %d bytes", before)
        .isLessThan(LIMIT);
  }
}
