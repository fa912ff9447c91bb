package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.TensorType;
import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * The resident memory that one rank's loop is expected to reach, in bytes, by its parts. Nothing is
 * run: it follows from the traced programs and the loop's vectors.
 *
 * @param process what a JVM holds that has loaded libtorch and run programs, {@link #HEAP} of its
 *     Java heap included; an executor whose heap is larger may fill more of it
 * @param vectors parameters, moments, averages and the state vector
 * @param batches the columns of the rank's shards and what phases carry
 * @param gradients sums of shards that wait in the binary tree while another shard runs
 * @param working greatest working set of a program, its results included
 * @param fragments what the allocator keeps between tensors
 */
public record MemoryEstimate(
    long process, long vectors, long batches, long gradients, long working, long fragments)
    implements Serializable {

  /** Part of {@link #process}: heap that loading programs and drawing initial values touch. */
  public static final long HEAP = 50_000_000;

  /**
   * Measured on JDK 17 with libtorch 2.7.1 and a heap of 256 MiB: 164 MB once libtorch is loaded,
   * 30 MB of its code and caches that first calls touch, the heap, and 65 MB that glibc's heap
   * holds between small tensors.
   */
  private static final long PROCESS = 260_000_000 + HEAP;

  /**
   * What the allocator holds over the working set, measured on DiT and VQGAN with batches of 64 and
   * 256 in 2 and 8 shards: a sixth to a third.
   */
  private static final double FRAGMENTS = 0.25;

  /** The expectation for each of {@code ranks} ranks on the CPU, in processes that only train. */
  public static MemoryEstimate of(Objective objective, TrainingSchedule schedule, int ranks) {
    return of(objective, schedule, ranks, PROCESS);
  }

  /** As above, for processes of which the size without training is known. */
  public static MemoryEstimate of(
      Objective objective, TrainingSchedule schedule, int ranks, long process) {
    TrainingLoop.requireDivisor(schedule, ranks);
    int own = schedule.shards() / ranks;
    int depth = Integer.SIZE - 1 - Integer.numberOfLeadingZeros(own);
    Map<String, Program> updates = Update.programs(objective, schedule, Target.CPU);
    Call greatest = new Call(0, 0);
    for (Phase phase : objective.phases()) {
      List<TensorType> results = phase.gradient().outputs();
      long partial = results.get(0).bytes() + results.get(1).bytes();
      greatest = greatest.or(new Call(depth * partial, phase.gradient().workingBytes()));
      greatest = greatest.or(new Call(partial, updates.get(phase.group()).workingBytes()));
    }
    return new MemoryEstimate(
        process,
        vectors(objective, schedule),
        own * batch(objective),
        greatest.waiting,
        greatest.working,
        Math.round(FRAGMENTS * greatest.working));
  }

  /** One call of a program while {@code waiting} bytes of gradients are held. */
  private record Call(long waiting, long working) {
    Call or(Call other) {
      return other.waiting + other.working > waiting + working ? other : this;
    }
  }

  static long vectors(Objective objective, TrainingSchedule schedule) {
    long elements = objective.state().size();
    if (schedule.precision() == TrainingPrecision.FP16) {
      // Each phase that changes the state keeps it as it was.
      elements *= 1 + objective.phases().stream().filter(p -> p.stateUpdate().isPresent()).count();
    }
    for (Group group : objective.groups()) {
      elements += group.layout().size() * (1 + group.moments().size() + group.averages().size());
    }
    return elements * Float.BYTES;
  }

  /** Of one shard. */
  private static long batch(Objective objective) {
    long bytes = objective.columns().stream().mapToLong(c -> c.type().bytes()).sum();
    for (Phase phase : objective.phases()) {
      bytes += phase.carries().stream().mapToLong(carry -> carry.type().bytes()).sum();
    }
    return bytes;
  }

  /** The sum of all parts. */
  public long total() {
    return process + vectors + batches + gradients + working + fragments;
  }
}
