package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  @CsvSource({
    "DEFAULT_DIT, 64, 2, 1",
    "DEFAULT_VQGAN, 64, 2, 1",
    "DEFAULT_DIT, 64, 8, 1",
    "DEFAULT_VQGAN, 128, 1, 1",
    "DEMO_DIT, 32, 2, 2",
    "DEMO_VQGAN, 32, 2, 2",
  })
  void theExpectedMemoryIsNearTheMeasuredPeak(
      SizedObjective objective, int batch, int shards, int ranks) throws Exception {
    LoopProcess.Work work = new LoopProcess.Work(objective, 6, batch, shards, ranks);
    MemoryEstimate estimate =
        MemoryEstimate.of(objective.of(shards, batch / shards), work.schedule(), ranks);
    LoopProcess.Memory measured = LoopProcess.start(work, "-Xmx256m").finish();
    assertThat(estimate.total())
        .as("%s for a measured peak of %d", estimate, measured.peak())
        .isCloseTo(measured.peak(), withinPercentage(20));
  }

  @Test
  void hundredsOfStepsOfTheDemoAddNothing() throws Exception {
    // What a step leaves behind is left in small batches too, and they are soon done.
    doNotGrow(300, 8);
  }

  @Tag("soak")
  @Test
  void thousandsOfStepsOfTheDemoAddNothing() throws Exception {
    doNotGrow(2000, 32);
  }

  /** Both of the demo's trainings beside one another, each as a single rank. */
  private static void doNotGrow(int steps, int batch) throws Exception {
    LoopProcess dit = start(SizedObjective.DEMO_DIT, steps, batch);
    LoopProcess vqgan = start(SizedObjective.DEMO_VQGAN, steps, batch);
    List<LoopProcess.Memory> ends = List.of(dit.finish(), vqgan.finish());
    System.out.print(
        row("demo's DiT", steps, batch, ends.get(0))
            + row("demo's VQGAN", steps, batch, ends.get(1)));
    assertThat(ends).allSatisfy(end -> assertThat(growth(end)).isLessThan(LIMIT));
  }

  private static LoopProcess start(SizedObjective objective, int steps, int batch)
      throws Exception {
    return LoopProcess.start(new LoopProcess.Work(objective, steps, batch, 2, 1), FIXED_HEAP);
  }

  /** What the last half of the steps adds. */
  private static long growth(LoopProcess.Memory memory) {
    return memory.typical(0.9, 1) - memory.typical(0.4, 0.5);
  }

  private static String row(String name, int steps, int batch, LoopProcess.Memory memory) {
    return String.format(
        Locale.ROOT,
        "%s, batch %d: resident MB after a tenth, half and all of %,d steps: %.1f %.1f %.1f;"
            + " the last half adds %.1f; peak %.1f%n",
        name,
        batch,
        steps,
        memory.typical(0.05, 0.15) / 1e6,
        memory.typical(0.4, 0.5) / 1e6,
        memory.typical(0.9, 1) / 1e6,
        growth(memory) / 1e6,
        memory.peak() / 1e6);
  }
}
