package dev.tessera.jobs.sample;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A model of pixels that learns variances, on augmented pictures, and is drawn with them. */
@ExtendWith(AtTheTerminal.class)
final class LearnedVarianceTest {

  private static final String RECIPE =
      """
      type: diffusion
      name: hybrid
      data: %1$s/images
      model:
        backbone: {type: unet, channels: 8, multipliers: [1, 2], blocks: 1, heads: 2}
        path: {type: discrete, steps: 100}
        prediction: eps
        preconditioning: own
        noise: {type: uniform, first: 0, last: 1}
        loss: hybrid
        class-conditional: true
        flip: true
        augmentation: {probability: 0.12}
        optimizer: {learning-rate: 1e-3, rule: muon, schedule: cosine}
      schedule: {batch: 8, shards: 4, images: 32, checkpoint-images: 16}
      sampling:
        sampler: {type: ddpm, variance: learned-range}
        grid: {type: respaced, path: {steps: 100}}
        steps: 5
        clip: true
        batch: 4
      ranks: {count: 1}
      output: {runs: %1$s/runs}
      """;

  @TempDir static Path folder;

  @BeforeAll
  static void ingest() throws IOException {
    SmallChain.ingested(folder);
    Files.writeString(folder.resolve("hybrid.yaml"), RECIPE.formatted(folder));
  }

  private static AtTheTerminal.Ended train(String... overrides) {
    String[] arguments = new String[3 + overrides.length];
    arguments[0] = "train";
    arguments[1] = "--config";
    arguments[2] = folder.resolve("hybrid.yaml").toString();
    System.arraycopy(overrides, 0, arguments, 3, overrides.length);
    return AtTheTerminal.run(arguments);
  }

  private static AtTheTerminal.Ended sample(String run, String table, String... more) {
    String[] arguments = new String[7 + more.length];
    String[] common = {
      "sample", "--checkpoint", run, "--count", "4", "--output", folder + "/" + table
    };
    System.arraycopy(common, 0, arguments, 0, common.length);
    System.arraycopy(more, 0, arguments, common.length, more.length);
    return AtTheTerminal.run(arguments);
  }

  @Test
  void trainsAndDraws() {
    AtTheTerminal.Ended trained = train();
    assertThat(trained.code()).as(trained.error()).isZero();
    String run = folder + "/runs/0001-hybrid";
    AtTheTerminal.Ended drawn = sample(run, "drawn");
    assertThat(drawn.code()).as(drawn.error()).isZero();
    AtTheTerminal.Ended guided = sample(run, "guided", "guidance=2");
    assertThat(guided.code()).as(guided.error()).isZero();
  }

  @Test
  void aModelThatLearnsNoneIsRefused() {
    AtTheTerminal.Ended ended = train("name=plain", "model.loss=denoising");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.error())
        .contains("sampler.variance learned-range (expected: fixed-small or fixed-large");
    assertThat(ended.error().strip().lines()).hasSize(1);
  }
}
