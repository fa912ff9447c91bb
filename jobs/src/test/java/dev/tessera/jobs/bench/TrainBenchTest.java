package dev.tessera.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code bench train} at tiny size; nothing is held to a time. */
class TrainBenchTest {

  private static final String RECIPE =
      """
      type: diffusion
      name: tiny
      model:
        backbone: {type: dit, patch: 1, width: 16, depth: 1, heads: 2}
      schedule: {batch: 4, shards: 2}
      """;

  @TempDir private Path folder;

  private JsonNode run(String... more) throws IOException {
    Path recipe = Files.writeString(folder.resolve("tiny.yaml"), RECIPE);
    Path output = folder.resolve("train.json");
    List<String> words =
        new ArrayList<>(List.of("train", "--config", recipe.toString(), "--channels", "4"));
    words.addAll(List.of("--side", "4", "--classes", "3", "--warm-up", "1"));
    words.addAll(List.of("--rounds", "2", "--steps", "2", "--output", output.toString()));
    words.addAll(List.of(more));
    assertThat(new CommandLine(new BenchCommand()).execute(words.toArray(String[]::new))).isZero();
    return Json.MAPPER.readTree(output.toFile());
  }

  @Test
  void tellsTimeByPartSpeedMemoryAndVersions() throws IOException {
    JsonNode written = run();

    JsonNode row = written.get("rows").get(0);
    assertThat(row.get("roundSeconds")).hasSize(2);
    assertThat(row.get("stepSeconds")).hasSize(4);
    assertThat(row.get("milliseconds").asDouble()).isPositive();
    assertThat(row.get("flopsPerSecond").asDouble()).isPositive();
    assertThat(row.get("memory").get("hostPeak").asLong()).isPositive();
    JsonNode parts = row.get("parts");
    for (String part : List.of("gradient", "update", "allreduce", "data", "rest")) {
      assertThat(parts.get(part).asDouble()).as(part).isBetween(0.0, parts.get("step").asDouble());
    }
    assertThat(parts.get("gradient").asDouble()).isPositive();
    assertThat(parts.get("update").asDouble()).isPositive();
    assertThat(parts.has("graph")).as("no graph on the CPU").isFalse();
    JsonNode libtorch = written.get("environment").get("libtorch");
    assertThat(Path.of(libtorch.get("path").asText())).isDirectory();
    assertThat(libtorch.get("version").asText()).isNotEmpty();
    assertThat(Files.readString(folder.resolve("train.txt"))).contains("images/s", "gradient");
  }

  @Test
  void aPeerIsMeasuredBesideOurs() throws IOException {
    assumeTrue(
        System.getenv(PythonPeer.VARIABLE) != null, PythonPeer.VARIABLE + " names no interpreter");

    JsonNode row = run("--peers", "eager").get("rows").get(0);

    JsonNode peer = row.get("peers").get(0);
    assertThat(peer.get("peer").asText()).isEqualTo("eager");
    assertThat(peer.get("parameters").asLong())
        .as("the same model")
        .isEqualTo(row.get("parameters").asLong());
    assertThat(peer.get("ratio").asDouble())
        .isEqualTo(peer.get("milliseconds").asDouble() / row.get("milliseconds").asDouble());
  }

  @Test
  void aPeerThatIsUnknownIsTold() {
    assertThat(
            new CommandLine(new BenchCommand())
                .execute("train", "--config", "x", "--peers", "quick"))
        .isEqualTo(2);
  }
}
