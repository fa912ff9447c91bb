package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.jobs.run.MetricLine;
import dev.tessera.jobs.run.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} of an executor in the middle of a run. */
@ExtendWith(SharedChain.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExecutorLossIT {

  private static final int CHECKPOINT = 800;
  private static final int KILLS = 6;

  private final Chain chain;
  private Outcome spared;

  ExecutorLossIT(Chain chain) {
    this.chain = chain;
  }

  private RunDirectory train(Path runs) {
    return train(runs, 3);
  }

  private RunDirectory train(Path runs, int checkpoints) {
    return chain.train(
        Recipes.VQGAN,
        "data=" + chain.images(),
        "output.runs=" + runs,
        "schedule.images=" + checkpoints * CHECKPOINT,
        "schedule.checkpoint-images=" + CHECKPOINT,
        "schedule.batch=32");
  }

  @BeforeAll
  void runWithoutAKill() {
    spared = new Outcome(train(chain.path("spared")));
  }

  /** Rank 0 writes checkpoints and reports; the other only computes. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theRunFinishesByItselfAsIfNothingHadHappened(int rank) throws Exception {
    Path runs = chain.path("killed-" + rank);
    CompletableFuture<Long> killed =
        CompletableFuture.supplyAsync(() -> killAfterTheFirstCheckpoint(runs, rank));
    Outcome survivor = new Outcome(train(runs));
    long pid = killed.get(1, TimeUnit.SECONDS);

    assertThat(survivor.text("metrics.jsonl")).containsPattern("\"resume\".*\"images\":[1-9]");
    assertThat(survivor.ranks())
        .allSatisfy(facts -> assertThat(facts.get("attempt").asInt()).isPositive())
        .noneSatisfy(facts -> assertThat(facts.get("pid").asLong()).isEqualTo(pid));
    survivor.assertSameAs(spared);
    assertThat(recoveries(spared)).isEmpty();
    assertThat(recoveries(survivor))
        .singleElement()
        .satisfies(line -> assertThat(line.get("images").asLong()).isPositive())
        .extracting(line -> line.get("values"))
        .satisfies(ExecutorLossIT::requireParts);
  }

  private static List<JsonNode> recoveries(Outcome outcome) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : outcome.text("metrics.jsonl").lines().toList()) {
      JsonNode node = new ObjectMapper().readTree(line);
      if (node.get("kind").asText().equals("recovery")) {
        lines.add(node);
      }
    }
    return lines;
  }

  /** All parts were met, in turn, and they sum to the whole. */
  private static void requireParts(JsonNode values) {
    List<String> names = new ArrayList<>();
    values.fieldNames().forEachRemaining(names::add);
    assertThat(names)
        .containsExactly(
            "recovery_seconds",
            "failure_seconds",
            "pause_seconds",
            "executors_seconds",
            "ranks_seconds",
            "library_seconds",
            "programs_seconds",
            "rows_seconds",
            "state_seconds",
            "first_step_seconds");
    double sum = names.stream().skip(1).mapToDouble(name -> values.get(name).asDouble()).sum();
    assertThat(values.get("recovery_seconds").asDouble()).isCloseTo(sum, within(1e-6));
    // A new process was started in one of them, and both ranks had work to restore.
    assertThat(values.get("programs_seconds").asDouble()).isPositive();
    assertThat(sum - values.get("failure_seconds").asDouble()).isGreaterThan(.1);
  }

  /** Executors of spot machines: more kills than attempts, each after a checkpoint of its own. */
  @Test
  @Tag("soak")
  void sixKillsInOneRunEndAsIfNothingHadHappened() throws Exception {
    Path quiet = chain.path("long");
    Path runs = chain.path("killed-often");
    CompletableFuture<Integer> kills =
        CompletableFuture.supplyAsync(
            () -> {
              for (int kill = 1; kill <= KILLS; kill++) {
                killAfter(runs, kill % 2, (long) kill * CHECKPOINT);
              }
              return KILLS;
            });
    Outcome survivor = new Outcome(train(runs, KILLS + 2));

    assertThat(kills.get(1, TimeUnit.SECONDS)).isEqualTo(KILLS);
    survivor.assertSameAs(new Outcome(train(quiet, KILLS + 2)));
  }

  /** Kills a rank once steps beyond a complete checkpoint are logged; returns its process id. */
  private static long killAfterTheFirstCheckpoint(Path runs, int rank) {
    return killAfter(runs, rank, CHECKPOINT);
  }

  private static long killAfter(Path runs, int rank, long images) {
    Path folder = runs.resolve("0001-vqgan");
    try {
      OptionalLong pid = OptionalLong.empty();
      while (pid.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(10);
        pid = victim(folder, rank, images);
      }
      // SIGKILL.
      ProcessHandle.of(pid.getAsLong()).orElseThrow().destroyForcibly();
      return pid.getAsLong();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static OptionalLong victim(Path folder, int rank, long images) {
    try {
      // The first report follows the first complete checkpoint.
      if (!Files.exists(folder.resolve("report.html"))) {
        return OptionalLong.empty();
      }
      Outcome outcome =
          new Outcome(
              RunDirectory.open(
                  new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration()));
      List<MetricLine> lines = outcome.run().metrics();
      List<JsonNode> ranks = outcome.ranks();
      return ranks.size() == 2 && lines.get(lines.size() - 1).images() > images
          ? OptionalLong.of(ranks.get(rank).get("pid").asLong())
          : OptionalLong.empty();
    } catch (IOException e) {
      // The driver is just replacing a file.
      return OptionalLong.empty();
    }
  }
}
