package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.UserException;
import org.junit.jupiter.api.Test;

/** What a plan says before anything runs. */
final class PlanTest {

  private static TrainingSchedule schedule(int shards) {
    return new TrainingSchedule(1, 64, shards, 64_000, 64_000);
  }

  @Test
  void ranksShareBatchesButNotVectors() {
    Objective objective = SizedObjective.DEFAULT_DIT.of(8, 8);
    MemoryEstimate one = MemoryEstimate.of(objective, schedule(8), 1);
    MemoryEstimate eight = MemoryEstimate.of(objective, schedule(8), 8);
    long parameters = objective.groups().get(0).layout().size();
    assertThat(one.vectors()).isEqualTo(4 * 4 * parameters);
    assertThat(eight.vectors()).isEqualTo(one.vectors());
    assertThat(one.batches()).isEqualTo(64 * (8 * 8 * 8 * 4 + 4));
    assertThat(eight.batches()).isEqualTo(one.batches() / 8);
    // Three levels of the tree wait while the last shard runs.
    assertThat(one.gradients()).isEqualTo(3 * (4 * parameters + 4));
    assertThat(one.total())
        .isEqualTo(
            one.process()
                + one.vectors()
                + one.batches()
                + one.gradients()
                + one.working()
                + one.fragments());
    assertThatThrownBy(() -> MemoryEstimate.of(objective, schedule(8), 3))
        .isInstanceOf(UserException.class);
  }

  @Test
  void aLargerBatchNeedsAWiderWorkingSet() {
    long small =
        MemoryEstimate.of(SizedObjective.DEFAULT_VQGAN.of(1, 32), schedule(1), 1).working();
    long large =
        MemoryEstimate.of(SizedObjective.DEFAULT_VQGAN.of(1, 64), schedule(1), 1).working();
    assertThat((double) large / small).isBetween(1.8, 2.05);
  }

  @Test
  void theCostOfAnImageDoesNotDependOnShards() {
    StepCost two = StepCost.of(SizedObjective.DEFAULT_DIT.of(2, 32), schedule(2));
    StepCost eight = StepCost.of(SizedObjective.DEFAULT_DIT.of(8, 8), schedule(8));
    assertThat(eight.flopsPerImage())
        .isCloseTo(two.flopsPerImage(), within(1e-3 * two.flopsPerImage()));
    assertThat(two.allParameters()).isEqualTo(two.parameters().get("denoiser"));
    // Six blocks of 18 w^2, for 16 tokens but for the modulation of 6 w^2, forward and backward.
    double w = 256;
    double products = 3 * 2 * 6 * (16 * 12 * w * w + 6 * w * w);
    assertThat(two.flopsPerImage()).isBetween(products, 1.2 * products);
    assertThat(two.utilization(100, 1e12)).isEqualTo(100 * two.flopsPerImage() / 1e12);
  }

  @Test
  void phasesCountAsOftenAsTheyRun() {
    assertThat(new Phase.Schedule.Always().share(100)).isEqualTo(1);
    assertThat(new Phase.Schedule.From(25).share(100)).isEqualTo(0.75);
    assertThat(new Phase.Schedule.From(250).share(100)).isZero();
    assertThat(new Phase.Schedule.Until(25).share(100)).isEqualTo(0.25);
    assertThat(new Phase.Schedule.Until(250).share(100)).isEqualTo(1);
    assertThat(new Phase.Schedule.Every(4).share(100)).isEqualTo(0.25);
  }
}
