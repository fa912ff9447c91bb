package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Target;
import java.io.Serializable;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run's arithmetic comes to, from its traced programs: nothing is run.
 *
 * @param parameters elements of each group's vector
 * @param flopsPerImage floating-point operations that one image of training costs on average over
 *     the run: forward and backward passes, updates, phases weighted by how often they run;
 *     activations that are computed again are not counted as work
 */
public record StepCost(Map<String, Long> parameters, double flopsPerImage) implements Serializable {

  public StepCost {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
  }

  public static StepCost of(Objective objective, TrainingSchedule schedule) {
    Map<String, Long> parameters = new LinkedHashMap<>();
    objective.groups().forEach(group -> parameters.put(group.name(), group.layout().size()));
    Map<String, Program> updates = Update.programs(objective, schedule, Target.CPU);
    double step = 0;
    for (Phase phase : objective.phases()) {
      double once =
          schedule.shards() * phase.gradient().flops()
              + updates.get(phase.group()).flops()
              + phase.stateUpdate().map(update -> update.program().flops()).orElse(0.0);
      step += once * phase.schedule().share(schedule.images());
    }
    return new StepCost(parameters, step / schedule.batch());
  }

  /** Elements of all groups. */
  public long allParameters() {
    return parameters.values().stream().mapToLong(Long::longValue).sum();
  }

  /**
   * Model FLOPs utilisation: the share of the hardware's peak that the model's own arithmetic
   * reaches (Chowdhery et al. 2022).
   *
   * @param peakFlops floating-point operations a second of all ranks together
   */
  public double utilization(double imagesPerSecond, double peakFlops) {
    return imagesPerSecond * flopsPerImage / peakFlops;
  }
}
