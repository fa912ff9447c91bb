package dev.tessera.jobs.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.Console;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The list of benchmarks and its parts, at tiny size on the CPU. */
class GpuBenchTest {

  private static final String LIST =
      """
      works:
        - name: attention
          title: attention
          command: >-
            attention device=cpu tokens=16 heads=2 head-width=8 calls=2 rounds=1 steps=1
            precision=fp32
          limit: 400
          bars:
            - {peer: nobody, at-least: 2}
        - name: absent
          title: a recipe that is not there
          command: train --config no-such.yaml
          limit: 200
          bars:
            - {peer: eager, at-least: 1}
        - name: wrong
          title: a key that is not there
          command: optimizer flavour=3
          limit: 200
          bars: []
        - name: unknown
          title: a benchmark that is not there
          command: nothing
          limit: 200
          bars: []
        - name: optimizer
          title: the update
          command: optimizer parameters=2000 tensors=2 rounds=1 steps=1
          limit: 400
          bars:
            - {row: 0, peer: floor, at-least: 1e9}
      """;

  @TempDir private Path folder;

  private GpuBench bench(int limit) {
    return new GpuBench(
        new CommandLine(new BenchCommand()).getCommandSpec(),
        Console.standard(false),
        folder,
        limit);
  }

  private static GpuBenchRecipe list() {
    return RecipeReader.parse(GpuBenchRecipe.class, "list", LIST, List.of());
  }

  private Map<String, List<JsonNode>> table() throws IOException {
    Map<String, List<JsonNode>> lines = new LinkedHashMap<>();
    for (JsonNode row : Json.MAPPER.readTree(folder.resolve("gpu.json").toFile()).get("rows")) {
      lines.computeIfAbsent(row.get("work").asText(), w -> new ArrayList<>()).add(row);
    }
    return lines;
  }

  @Test
  void whatFailsOrIsAbsentKeepsNothingElseFromBeingMeasured() throws IOException {
    bench(1800).run(list(), List.of(), List.of());

    Map<String, List<JsonNode>> table = table();
    assertThat(table.keySet())
        .containsExactly("attention", "absent", "wrong", "unknown", "optimizer");
    assertThat(table.get("attention")).hasSizeGreaterThanOrEqualTo(3);
    assertThat(table.get("attention").get(0).get("ours").asText()).contains(" ms");
    assertThat(verdict(table, "absent")).contains("not measured", "no-such.yaml");
    assertThat(verdict(table, "wrong")).contains("not measured");
    assertThat(verdict(table, "unknown")).contains("there is no bench nothing");
    JsonNode floor = table.get("optimizer").get(0);
    assertThat(floor.get("peer").asText()).isEqualTo("floor");
    assertThat(floor.get("verdict").asText()).isEqualTo("MISSED");
    assertThat(Files.readString(folder.resolve("gpu.txt"))).contains("verdict", "optimizer");
  }

  private static String verdict(Map<String, List<JsonNode>> table, String work) {
    List<JsonNode> lines = table.get(work);
    return lines.get(lines.size() - 1).get("verdict").asText();
  }

  @Test
  void whenTheTimeIsOverTheRestIsLeftOut() throws IOException {
    bench(1).run(list(), List.of("optimizer"), List.of());

    assertThat(table().keySet()).containsExactly("optimizer");
    assertThat(verdict(table(), "optimizer")).contains("the time is over");
  }

  @Test
  void aRatioIsANumberOrTheMedianOfSeveral() {
    assertThat(GpuBench.ratio(Json.MAPPER.valueToTree(1.5))).isEqualTo(1.5);
    assertThat(GpuBench.ratio(Json.MAPPER.valueToTree(Spread.of(3, 1, 2)))).isEqualTo(2);
    assertThat(GpuBench.ratio(Json.MAPPER.createObjectNode().path("ratio"))).isNaN();
  }

  @Test
  void aNameThatIsNotInTheListIsTold() {
    assertThatThrownBy(() -> bench(60).run(list(), List.of("optimiser"), List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("--only optimiser");
  }

  @Test
  void theListOfTheRepositoryIsReadable() {
    Path file = Path.of("").toAbsolutePath().getParent().resolve("bench/gpu.yaml");
    GpuBenchRecipe recipe = RecipeReader.readLocal(GpuBenchRecipe.class, file, List.of());

    assertThat(recipe.works()).extracting(GpuBenchRecipe.Work::name).doesNotHaveDuplicates();
    for (GpuBenchRecipe.Work work : recipe.works()) {
      int peers = work.words().indexOf("--peers") + 1;
      List<String> asked = peers == 0 ? List.of() : List.of(work.words().get(peers).split(","));
      for (String label : asked) {
        assertThat(new PeerMode.Converter().convert(label)).hasToString(label);
      }
      if (work.words().get(0).equals("train")) {
        assertThat(work.bars()).extracting(GpuBenchRecipe.Bar::peer).isSubsetOf(asked);
      }
    }
  }

  @Test
  void theOptimizersBytesAreThoseOfItsState() throws IOException {
    Path output = folder.resolve("optimizer.json");
    UpdateBench.run(
        RecipeReader.override(
            UpdateBenchRecipe.defaults(),
            List.of("parameters=3000", "tensors=3", "rounds=1", "steps=2", "output=" + output)),
        Console.standard(false));

    JsonNode row = Json.MAPPER.readTree(output.toFile()).get("rows").get(0);
    assertThat(row.get("bytes").asDouble()).isEqualTo(3000 * 40);
    assertThat(row.get("copyBytesPerSecond").asDouble()).isPositive();
    assertThat(row.get("peers").get(0).get("peer").asText()).isEqualTo("floor");
  }

  @Test
  void attentionIsMeasuredForwardAndWithItsGradient() throws IOException {
    Path output = folder.resolve("attention.json");
    AttentionBench.run(
        RecipeReader.override(
            AttentionBenchRecipe.defaults(),
            List.of(
                "device=cpu",
                "tokens=8",
                "heads=1",
                "head-width=4",
                "calls=2",
                "rounds=1",
                "steps=1",
                "output=" + output)),
        Console.standard(false));

    JsonNode rows = Json.MAPPER.readTree(output.toFile()).get("rows");
    assertThat(rows).hasSize(2);
    for (JsonNode row : rows) {
      assertThat(row.get("flopsPerSecond").asDouble()).isPositive();
    }
  }

  @Test
  void aSubprocessIsHeldToItsLimitAndToItsLastLine() throws IOException {
    assertThat(shell("echo chatter; echo '{\"a\": 3}'", 30).said().orElseThrow().get("a").asInt())
        .isEqualTo(3);
    assertThat(shell("echo chatter", 30).failure().orElseThrow()).contains("chatter");
    assertThat(shell("echo first >&2; echo why >&2; exit 3", 30).failure()).contains("why");
    assertThat(shell("sleep 60", 1).failure().orElseThrow()).contains("more than 1 s");
  }

  private static Subprocess.Outcome shell(String script, int limit) throws IOException {
    return new Subprocess(List.of("sh", "-c", script), Map.of(), limit).listen();
  }
}
