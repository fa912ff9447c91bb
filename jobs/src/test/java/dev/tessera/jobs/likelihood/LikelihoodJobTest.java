package dev.tessera.jobs.likelihood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(AtTheTerminal.class)
final class LikelihoodJobTest {

  @TempDir static Path folder;
  private static SmallChain chain;

  @BeforeAll
  static void train() throws IOException {
    chain = SmallChain.trained(folder);
  }

  private static AtTheTerminal.Ended likelihood(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("likelihood", "--checkpoint", chain.diffusionRun()));
    arguments.addAll(List.of(more));
    return AtTheTerminal.run(arguments.toArray(String[]::new));
  }

  private static LikelihoodSummary measured(int partitions, int batch) throws Exception {
    LikelihoodSettings settings =
        RecipeReader.override(
            LikelihoodSettings.defaults(),
            List.of(
                "batch=" + batch, "partitions=" + partitions, "subset=train", "tolerance=1e-3"));
    LikelihoodRequest request =
        new LikelihoodRequest(chain.diffusionRun(), chain.latents(), 7, settings);
    try (Session session = Session.obtain("likelihood", Map.of())) {
      return new LikelihoodJob(session.spark()).run(request);
    }
  }

  @Test
  void theDivisionOfRowsChangesNothing() throws Exception {
    LikelihoodSummary one = measured(1, 2);
    LikelihoodSummary three = measured(3, 2);
    assertThat(three.nats()).isEqualTo(one.nats());
    assertThat(three.natsError()).isEqualTo(one.natsError());
    assertThat(one.rows()).isEqualTo(7);
    // Steps of other batches differ within the tolerance.
    assertThat(measured(1, 7).bits()).isCloseTo(one.bits(), within(2e-3));
    assertThat(one.bitsError()).isBetween(0.0, 1.0);
  }

  @Test
  void theCommandTellsWhatTheJobFound() {
    AtTheTerminal.Ended ended =
        likelihood("--input", chain.latents(), "--count", "2", "batch=2", "tolerance=1e-2");
    assertThat(ended.code()).as(ended.error()).isZero();
  }

  @Test
  void mistakesAreOneSentence() {
    mistake("is a table of images (expected: a table of latents)", "--input", chain.images());
    mistake("--count: 5000 (expected: at most", "--input", chain.latents(), "--count", "5000");
    mistake(
        "trace.type: exakt (expected: one of: exact, hutchinson; nearest: exact)",
        "--input",
        chain.latents(),
        "trace=exakt");
    mistake("sigmaMin: 100.0", "--input", chain.latents(), "sigma-min=100", "sigma-max=10");
  }

  private static void mistake(String sentence, String... arguments) {
    AtTheTerminal.Ended ended = likelihood(arguments);
    assertThat(ended.code()).as(ended.error()).isEqualTo(2);
    assertThat(ended.error()).contains(sentence);
    assertThat(ended.error().strip().lines()).hasSize(1);
  }
}
