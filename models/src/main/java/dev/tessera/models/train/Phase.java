package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import java.util.List;
import java.util.Optional;

/**
 * One gradient and one update within a step.
 *
 * <p>The gradient program runs once a shard. Its arguments are found by name:
 *
 * <ul>
 *   <li>the name of a group: that group's flat vector; {@code state}: the flat state vector
 *   <li>{@code batch_<column>}: the shard's batch
 *   <li>{@code carry_<name>}: what an earlier phase of this step carried for the same shard
 *   <li>{@code key}: int64, the source of randomness; {@code shard}: int64, the shard's number
 *   <li>{@code knob_<name>}: float32, {@link Objective#knob}
 *   <li>{@code loss_scale}: that of the group, by {@link LossScale#input}; every gradient program
 *       in float16 takes it and differentiates {@link LossScale#of} its loss
 * </ul>
 *
 * <p>It returns the gradient, a summary vector (the metrics, then statistics for the state update)
 * and the carried tensors. Gradient and summary are summed over all shards: losses are divided by
 * their number while tracing. A step whose gradient is not finite is skipped where the loss is
 * scaled: neither the group nor the state changes.
 *
 * @param name in metrics and messages, and part of the key of its randomness
 * @param group the group whose flat vector the gradient belongs to
 * @param gradient returns float32 {@code [group's size]}, float32 {@code [summary's size]}, carries
 * @param metrics names of the first elements of the summary
 * @param carries names of the tensors that later phases take
 * @param stateUpdate takes {@code state}, {@code summary}, {@code key} and knobs by name, and
 *     changes {@code state} in place
 * @param schedule the steps in which it runs
 */
public record Phase(
    String name,
    String group,
    Program gradient,
    List<String> metrics,
    List<String> carries,
    Optional<StateUpdate> stateUpdate,
    Schedule schedule) {

  /**
   * A change of the state vector after the update.
   *
   * @param program takes {@code state}, {@code summary}, {@code key} and knobs by name, and changes
   *     {@code state} in place; its first result is a vector of metrics
   * @param metrics names of that vector's elements
   */
  public record StateUpdate(Program program, List<String> metrics) {}

  /** When a phase runs. */
  public sealed interface Schedule {

    /** Whether the phase runs in the step that follows so many steps and images. */
    boolean runs(long step, long images);

    /** The share of the steps of a run of so many images in which the phase runs. */
    double share(long images);

    /** In every step. */
    record Always() implements Schedule {
      @Override
      public boolean runs(long step, long images) {
        return true;
      }

      @Override
      public double share(long images) {
        return 1;
      }
    }

    /** In every step once so many images have been seen. */
    record From(long firstImages) implements Schedule {
      @Override
      public boolean runs(long step, long images) {
        return images >= firstImages;
      }

      @Override
      public double share(long images) {
        return 1 - Math.min(1, Math.max(0, (double) firstImages / images));
      }
    }

    /** In every step until so many images have been seen. */
    record Until(long endImages) implements Schedule {
      @Override
      public boolean runs(long step, long images) {
        return images < endImages;
      }

      @Override
      public double share(long images) {
        return Math.min(1, Math.max(0, (double) endImages / images));
      }
    }

    /** In every {@code period}-th step: lazy regularisation, several critic steps to one. */
    record Every(int period) implements Schedule {
      public Every {
        if (period < 1) {
          throw new IllegalArgumentException("period: " + period + " (expected: 1 or more)");
        }
      }

      @Override
      public boolean runs(long step, long images) {
        return step % period == 0;
      }

      @Override
      public double share(long images) {
        return 1.0 / period;
      }
    }
  }
}
