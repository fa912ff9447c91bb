package dev.tessera.models.train;

import java.util.List;

/** How the phases of a step are given to the device. */
sealed interface Steps extends AutoCloseable permits EagerSteps, GraphSteps {

  /**
   * Runs the phases in order.
   *
   * @return what each leaves, valid until {@link #release} or the next run
   */
  List<PhaseOutput> run(List<PhaseRunner> phases, List<Shard> shards, Stopwatch stopwatch);

  /**
   * Bytes that the last run sent beside those that the collective counted then: by operations that
   * were captured before, or negative for those of a capture that failed.
   */
  long replayedBytes();

  /**
   * Other work has had the device's memory: what was captured is forgotten and captured again. When
   * memory runs short, libtorch's allocator gives cached blocks back to the driver before it tries
   * again, and a graph's intermediate values lie in such blocks.
   */
  void renew();

  /** From now on no step is a graph. */
  void separate();

  /** Tells that the outputs of the last run have been taken down. */
  void release();

  @Override
  void close();
}
