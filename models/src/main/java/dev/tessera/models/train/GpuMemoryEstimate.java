package dev.tessera.models.train;

import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Target;
import dev.tessera.models.graph.memory.Allocations;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The memory of a GPU that one rank is expected to need, in bytes, by its parts. Nothing is run:
 * the allocations of the traced programs are replayed as a step makes them.
 *
 * @param process what CUDA and its libraries take, whatever is trained
 * @param vectors parameters, moments, averages and the state vector
 * @param batches the columns of the rank's shards: what programs read, and two copies on their way
 * @param working greatest number of bytes of activations, gradients and results at a time
 * @param fragments what the allocator has taken beyond them
 */
public record GpuMemoryEstimate(
    long process, long vectors, long batches, long working, long fragments)
    implements Serializable {

  /** In use on an H100 before the loop, measured with libtorch 2.11 and CUDA 13. */
  private static final long CONTEXT = 760_000_000;

  /**
   * What the first steps bring about beside tensors: work space of cuBLAS, 32 MiB for each of its
   * handles and streams, kernels that are loaded when they are first called, and CUDA graphs.
   */
  private static final long LIBRARIES = 150_000_000;

  /** Copies of a batch on the device: two arrive while one is read. */
  private static final int COPIES = 3;

  /** Steps after which an allocator that has served them asks for nothing more. */
  private static final int STEPS = 3;

  /** The expectation for each of {@code ranks} ranks, from programs traced for a GPU. */
  public static GpuMemoryEstimate of(Objective objective, TrainingSchedule schedule, int ranks) {
    TrainingLoop.requireDivisor(schedule, ranks);
    int own = schedule.shards() / ranks;
    CachingAllocator allocator = new CachingAllocator();
    Step step = new Step(objective, schedule, own, allocator);
    combinations(objective, schedule)
        .forEach(
            phases -> {
              for (int i = 0; i < STEPS; i++) {
                step.run(phases);
              }
            });
    long columns = objective.columns().stream().mapToLong(c -> c.type().bytes()).sum();
    return new GpuMemoryEstimate(
        CONTEXT + LIBRARIES,
        MemoryEstimate.vectors(objective, schedule),
        (long) COPIES * own * columns,
        allocator.peak(),
        allocator.reserved() - allocator.peak());
  }

  /** The sets of phases that run in one step, at the start of a run and at its end. */
  private static Set<List<Phase>> combinations(Objective objective, TrainingSchedule schedule) {
    Set<List<Phase>> all = new LinkedHashSet<>();
    for (long images : new long[] {0, Math.max(0, schedule.images() - 1)}) {
      for (long step = 0; step < 2; step++) {
        long at = step;
        all.add(objective.phases().stream().filter(p -> p.schedule().runs(at, images)).toList());
      }
    }
    return all;
  }

  /** A step's allocations, in the order of {@link PhaseRunner}. */
  private static final class Step {
    private final int shards;
    private final CachingAllocator allocator;
    private final boolean exact;
    private final Map<String, Program> updates;

    /** Carried to later phases of the step. */
    private final List<CachingAllocator.Block> carried = new ArrayList<>();

    Step(Objective objective, TrainingSchedule schedule, int shards, CachingAllocator allocator) {
      this.shards = shards;
      this.allocator = allocator;
      this.exact = schedule.precision() == TrainingPrecision.FP32;
      this.updates = Update.programs(objective, schedule, Target.GPU);
    }

    void run(List<Phase> phases) {
      for (Phase phase : phases) {
        List<CachingAllocator.Block> sum = tree(phase, shards);
        release(updates.get(phase.group()).allocations().replay(allocator, exact).blocks());
        phase
            .stateUpdate()
            .ifPresent(
                update ->
                    release(update.program().allocations().replay(allocator, exact).blocks()));
        release(sum);
      }
      release(carried);
      carried.clear();
    }

    /** Gradient and summary of {@code count} shards. */
    private List<CachingAllocator.Block> tree(Phase phase, int count) {
      if (count == 1) {
        return one(phase);
      }
      List<CachingAllocator.Block> low = tree(phase, count / 2);
      release(tree(phase, count - count / 2));
      return low;
    }

    /** Those results that are carried stay for the step. */
    private List<CachingAllocator.Block> one(Phase phase) {
      Allocations.Left<CachingAllocator.Block> left =
          phase.gradient().allocations().replay(allocator, exact);
      List<CachingAllocator.Block> kept = phase.carried(left.ofResults());
      List<CachingAllocator.Block> sums = new ArrayList<>(left.blocks());
      sums.removeAll(kept);
      carried.addAll(kept);
      return sums;
    }

    private void release(List<CachingAllocator.Block> blocks) {
      blocks.forEach(allocator::free);
    }
  }

  /** What the loop adds to a process that has opened the GPU. */
  public long loop() {
    return total() - CONTEXT;
  }

  /** The sum of all parts. */
  public long total() {
    return process + vectors + batches + working + fragments;
  }
}
