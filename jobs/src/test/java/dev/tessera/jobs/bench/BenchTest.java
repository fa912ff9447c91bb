package dev.tessera.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.train.Ranks;
import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.collective.Algorithm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every benchmark runs at tiny size; none is held to a time. */
class BenchTest {

  @TempDir private Path folder;

  @Test
  void trainStepWritesItsRowsAndLines() throws IOException {
    Path output = folder.resolve("train-step.json");
    TrainStepRecipe recipe =
        new TrainStepRecipe(
            List.of(TrainStepCase.DIT, TrainStepCase.VQGAN_ADVERSARIAL),
            List.of(2),
            List.of(1),
            1,
            1,
            output.toString());

    TrainStepBench.run(recipe, Console.standard(false));

    JsonNode rows = Json.MAPPER.readTree(output.toFile()).get("rows");
    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).get("parameters").asLong()).isPositive();
    assertThat(Files.readAllLines(folder.resolve("train-step.txt"))).hasSizeGreaterThan(3);
  }

  @Test
  void allReduceWritesARowForEachSize() throws IOException {
    Path output = folder.resolve("allreduce.json");

    AllReduceBench.run(recipe(2, Ranks.Device.CPU, output.toString()), Console.standard(false));

    JsonNode rows = Json.MAPPER.readTree(output.toFile()).get("rows");
    assertThat(rows).hasSize(2);
    double seconds = rows.get(1).get("oursSeconds").get(0).asDouble();
    assertThat(rows.get(1).get("busBytesPerSecond").asDouble())
        .isCloseTo(16_384 / seconds, withinPercentage(1)); // of two ranks: 2 (2-1)/2 = 1
    assertThat(rows.get(1).get("peerSeconds")).hasSize(1); // the same without encryption
  }

  @Test
  void sumsOfMoreGpusThanThereAreAreRefused() {
    assertThatThrownBy(
            () ->
                AllReduceBench.run(
                    recipe(1000, Ranks.Device.GPU, "unused.json"), Console.standard(false)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("bench allreduce: 1000 ranks need as many GPUs, and this process");
  }

  private static AllReduceRecipe recipe(int ranks, Ranks.Device device, String output) {
    AllReduceRecipe.Against against =
        device == Ranks.Device.CPU
            ? AllReduceRecipe.Against.PLAIN
            : AllReduceRecipe.Against.PYTORCH;
    return new AllReduceRecipe(
        ranks, device, Algorithm.RING, true, against, 4096, 16_384, 1, output);
  }

  /** On the CPU at tiny sizes: what the GPU is measured with loads and computes numbers. */
  @Test
  void everyKernelsProgramRuns() {
    List<KernelCase> cases = new ArrayList<>(KernelCase.all(true));
    cases.add(KernelCase.copy(100));
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor seeds = runtime.zeros(DType.FLOAT32, Shape.of(KernelCase.SEEDS));
        NativeTensor key = runtime.scalar(1L)) {
      float[] values = new float[KernelCase.SEEDS];
      Arrays.fill(values, 0.5f);
      seeds.set(values);
      for (KernelCase kernel : cases) {
        try (Executable program = runtime.load(kernel.program(3));
            Results results = program.run(seeds, key)) {
          assertThat(results.get(0).toFloats())
              .as(kernel.name())
              .hasSize(3)
              .doesNotContain(Float.NaN);
        }
      }
      assertThat(KernelCase.all(false))
          .extracting(KernelCase::bytes)
          .allMatch(bytes -> bytes > 1 << 20);
    }
  }

  @Test
  void evaluateTellsBothTimesAndTheDistance() throws IOException {
    Path output = folder.resolve("evaluate.json");

    EvaluateBench.run(
        new EvaluateBenchRecipe(200, 16, 1, 60, output.toString()), Console.standard(false));

    JsonNode row = Json.MAPPER.readTree(output.toFile()).get("rows").get(0);
    assertThat(row.get("momentSeconds").asDouble()).isPositive();
    // The squared distance of the means alone is 16 / 4.
    assertThat(row.get("distance").asDouble()).isBetween(3.0, 6.0);
  }

  @Test
  void tokenizeSaysWhatItNeeds() {
    assertThatThrownBy(() -> TokenizeBenchRecipe.defaults().complete())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("checkpoint=RUN images=TABLE");
  }

  @Test
  void aSpreadIsMedianAndRange() {
    assertThat(Spread.of(3, 1, 2)).isEqualTo(new Spread(2, 1, 3));
    assertThat(Spread.of(4, 1, 2, 3)).isEqualTo(new Spread(2.5, 1, 4));
  }
}
