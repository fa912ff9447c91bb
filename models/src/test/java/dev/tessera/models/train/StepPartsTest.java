package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The time that a step's parts take is told apart. */
final class StepPartsTest {

  private static final int BATCH = 8;
  private static final int STEPS = 8;

  private record Steps(List<StepReport> reports) implements TrainingLoop.Observer {
    @Override
    public void onStep(StepReport report) {
      reports.add(report);
    }

    @Override
    public void onCheckpoint(TrainingState state) {}
  }

  private static TrainingLoop loop(TorchRuntime runtime) {
    TrainingSchedule schedule =
        new TrainingSchedule(7, BATCH, 2, (long) STEPS * BATCH, Long.MAX_VALUE);
    return new TrainingLoop(
        runtime,
        TinyObjective.of(2, BATCH / 2),
        schedule,
        new SingleProcess(),
        TinyObjective::fill);
  }

  private static List<StepReport> run(TrainingLoop loop) {
    Steps steps = new Steps(new ArrayList<>());
    loop.run(steps);
    return steps.reports();
  }

  @Test
  void onTheCpuPartsAddUpToNoMoreThanTheStep() {
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop = loop(runtime)) {
      List<StepReport> reports = run(loop);
      assertThat(reports).hasSize(STEPS);
      for (StepReport report : reports) {
        assertThat(report.parts().keySet())
            .containsExactlyInAnyOrder(StepPart.GRADIENT, StepPart.COLLECTIVE, StepPart.UPDATE);
        double sum = report.parts().values().stream().mapToDouble(Double::doubleValue).sum();
        assertThat(sum).isPositive().isLessThanOrEqualTo(report.seconds());
      }
    }
  }

  @Test
  void onAGpuAStepIsOneGraphUntilPartsAreSeparated() {
    try (TorchRuntime runtime = gpu();
        TrainingLoop loop = loop(runtime)) {
      List<StepReport> graphs = run(loop);
      assertThat(graphs.get(0).parts()).containsKey(StepPart.GRADIENT);
      StepReport last = graphs.get(STEPS - 1);
      assertThat(last.parts().keySet()).containsExactly(StepPart.GRAPH);
      assertThat(last.parts().get(StepPart.GRAPH)).isPositive();

      loop.separateParts();
      loop.state().restore(restarted(loop));
      for (StepReport report : run(loop)) {
        assertThat(report.parts()).doesNotContainKey(StepPart.GRAPH);
        assertThat(report.parts().get(StepPart.GRADIENT)).isPositive();
        assertThat(report.parts().get(StepPart.UPDATE)).isPositive();
      }
    }
  }

  private static Counters restarted(TrainingLoop loop) {
    return loop.state().counters().at(0);
  }

  private static TorchRuntime gpu() {
    try {
      return TorchRuntime.onGpu(0);
    } catch (UserException e) {
      Assumptions.abort("no GPU for libtorch here: " + e.getMessage());
      throw e;
    }
  }
}
