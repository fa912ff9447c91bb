package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.runtime.Gpus;
import dev.tessera.models.runtime.GraphStream;
import dev.tessera.models.runtime.StepGraph;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NCCL itself, on GPUs. */
class NcclGpuTest {

  private static final Timeouts QUICK =
      new Timeouts(Duration.ofSeconds(60), Duration.ofSeconds(2), Duration.ofSeconds(4));

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void operationsAreCapturedWithTheirPlaceAmongOtherWork(int size) throws Exception {
    try (Gang gang = Gang.onGpus(size, Gang.PATIENT)) {
      List<float[]> results = gang.run(c -> replayed(gang, c));
      float expected = (float) Math.pow(size, 5);
      assertThat(results).allSatisfy(r -> assertThat(r).containsOnly(expected));
    }
  }

  /** Two sums one by one, then a graph of one sum launched three times. */
  private static float[] replayed(Gang gang, Collective c) {
    float[] ones = new float[100_003];
    java.util.Arrays.fill(ones, 1);
    TorchRuntime runtime = gang.runtime(c.rank());
    try (Floats floats = gang.put(c, ones);
        GraphStream stream = new GraphStream(runtime)) {
      stream.run(() -> c.allReduce(floats.memory()));
      stream.run(() -> c.allReduce(floats.memory()));
      try (StepGraph graph = stream.capture(() -> c.allReduce(floats.memory()))) {
        for (int i = 0; i < 3; i++) {
          c.enqueue(graph::launch);
        }
        return c.awaiting("the sums", floats::values);
      }
    }
  }

  @Test
  void aKernelThatWaitsForAPeerEndsWithTheAbortAndTheGpuStaysSound() throws Exception {
    AssumeGpus.atLeast(2);
    try (Gang gang = Gang.onGpus(2, Gang.PATIENT)) {
      gang.run(c -> sum(gang, c));
      Future<float[]> waiting = gang.start(0, c -> sum(gang, c));
      Thread.sleep(1000);
      gang.rank(1).abort("the task was killed");
      assertThat(Gang.failure(waiting))
          .isEqualTo("Rank 1 aborted the collective: the task was killed");
    }
    assertThat(Gpus.ruin()).isEmpty();
    try (Gang next = Gang.onGpus(2, Gang.PATIENT)) {
      assertThat(next.run(c -> sum(next, c))).allSatisfy(r -> assertThat(r).containsOnly(2f));
    }
  }

  @Test
  void aKernelThatWaitsForARankThatNeverComesEndsAtTheDeadline() throws Exception {
    AssumeGpus.atLeast(2);
    try (Gang gang = Gang.onGpus(2, QUICK)) {
      gang.run(c -> sum(gang, c));
      Future<float[]> waiting = gang.start(0, c -> sum(gang, c));
      assertThat(Gang.failure(waiting))
          .startsWith("the sum has not moved for ")
          .contains("the GPU of rank 0 has not finished it, rank 1 (127.0.0.1:")
          .contains("has not entered it");
    }
    assertThat(Gpus.ruin()).isEmpty();
  }

  private static float[] sum(Gang gang, Collective c) {
    try (Floats floats = gang.put(c, 1, 1, 1, 1)) {
      c.enqueue(() -> c.allReduce(floats.memory()));
      return c.awaiting("the sum", floats::values);
    }
  }

  @Test
  void theLibraryTellsItsVersionAndPlace() {
    AssumeGpus.atLeast(1);
    assertThat(NcclLibrary.open().version()).matches("2\\.\\d+\\.\\d+");
    assertThat(NcclLibrary.open().path()).endsWith("/libnccl.so.2");
  }
}
