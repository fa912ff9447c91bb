package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One gradient and one update within a step.
 *
 * <p>The gradient's program runs once a shard and returns the gradient, the shard's summary
 * (metrics, then statistics for the state's update) and the carried tensors. Gradient and summary
 * are summed over all shards. A step whose gradient is not finite is skipped where the loss is
 * scaled: neither the group nor the state changes. {@link PhaseBuilder} makes phases.
 *
 * @param name in messages, and part of the key of its randomness
 * @param group the group whose flat vector the gradient belongs to
 * @param step returns float32 {@code [group's size]}, float32 {@code [summary's size]}, carries
 * @param metrics what the first elements of the summary are
 * @param carries what later phases of the step take
 * @param stateUpdate of the state vector, after the group's
 * @param schedule the steps in which it runs
 */
public record Phase(
    String name,
    String group,
    BoundProgram step,
    List<Metric> metrics,
    List<Carry> carries,
    Optional<StateUpdate> stateUpdate,
    Schedule schedule) {

  /** After the gradient and the summary. */
  private static final int FIRST_CARRIED = 2;

  /** The program of {@link #step}. */
  public Program gradient() {
    return step.program();
  }

  /** Whether the differentiated loss takes a scale. */
  boolean scaled() {
    return step.takes(Argument.OfStep.LOSS_SCALE);
  }

  /**
   * What one call of {@link #gradient} returned; its tensors are the caller's.
   *
   * @param carried in the order of {@link #carries}
   */
  public record Results(NativeTensor gradient, NativeTensor summary, List<NativeTensor> carried) {}

  /** Of what belongs to a call's results, in order, that of the carried ones; no nulls. */
  <T> List<T> carried(List<T> ofResults) {
    return ofResults.subList(FIRST_CARRIED, ofResults.size()).stream()
        .filter(Objects::nonNull)
        .toList();
  }

  /** Takes all that a call of {@link #gradient} returned. */
  public Results take(dev.tessera.models.runtime.Results returned) {
    List<NativeTensor> carried = new ArrayList<>();
    for (int i = 0; i < carries.size(); i++) {
      carried.add(returned.take(FIRST_CARRIED + i));
    }
    return new Results(returned.take(0), returned.take(1), carried);
  }

  /**
   * A change of the state vector after the update.
   *
   * @param step changes the state in place and returns the vector of its metrics
   */
  public record StateUpdate(BoundProgram step, List<Metric> metrics) {

    public Program program() {
      return step.program();
    }
  }

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
