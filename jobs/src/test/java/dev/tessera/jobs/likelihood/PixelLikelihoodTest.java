package dev.tessera.jobs.likelihood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.Session;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Bits of pictures under a law that is known: a network that has learnt nothing denoises as {@code
 * N(0, sigma-data^2)} does, here one that is half a byte wide, so that uniform noise within a
 * byte's width decides the density (Theis et al. 2016).
 */
@ExtendWith(AtTheTerminal.class)
final class PixelLikelihoodTest {

  private static final int SIZE = 16;
  private static final int PICTURES = 24;
  private static final double SIGMA_DATA = 0.004;

  /** Model units are 127.5 bytes wide, -1 at 0 and 1 at 255. */
  private static final double UNITS = 127.5;

  @TempDir private Path folder;

  /** Pictures of the two bytes beside the middle. */
  private void grey() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < PICTURES; i++) {
      BufferedImage picture = new BufferedImage(SIZE, SIZE, BufferedImage.TYPE_INT_RGB);
      for (int at = 0; at < SIZE * SIZE; at++) {
        picture.setRGB(at % SIZE, at / SIZE, random.nextBoolean() ? 0x7f7f7f : 0x808080);
      }
      ImageIO.write(picture, "png", pictures.resolve(i + ".png").toFile());
    }
    done("ingest", "--input", pictures.toString(), "--output", folder + "/images", "size=" + SIZE);
  }

  /** Adam's step is the rate: the output stays zero. */
  private void untrained() throws IOException {
    Path recipe = folder.resolve("nothing.yaml");
    Files.writeString(
        recipe,
        """
        type: diffusion
        name: nothing
        data: %1$s/images
        model:
          backbone: {type: mlp, width: 8, depth: 1}
          sigma-data: %2$s
          class-conditional: false
          label-dropout: 0
          optimizer: {learning-rate: 1e-30}
        schedule: {batch: 8, shards: 1, images: 8, checkpoint-images: 8}
        sampling: {steps: 2, batch: 4}
        ranks: {count: 1}
        output: {runs: %1$s/runs}
        """
            .formatted(folder, SIGMA_DATA));
    done("train", "--config", recipe.toString());
  }

  private static void done(String... arguments) {
    AtTheTerminal.Ended ended = AtTheTerminal.run(arguments);
    assertThat(ended.code()).as(ended.error()).isZero();
  }

  private LikelihoodSummary measured() throws Exception {
    LikelihoodSettings settings =
        RecipeReader.override(
            LikelihoodSettings.defaults(),
            List.of("batch=8", "partitions=1", "subset=train", "tolerance=1e-7"));
    LikelihoodRequest request =
        new LikelihoodRequest(folder + "/runs/0001-nothing", folder + "/images", 0, settings);
    try (Session session = Session.obtain("likelihood", Map.of())) {
      return new LikelihoodJob(session.spark()).run(request);
    }
  }

  @Test
  void aByteStandsForTheValuesWithinHalfABytesDistance() throws Exception {
    grey();
    untrained();
    LikelihoodSummary found = measured();
    // From the middle, 127.5, values of byte 127 lie between -1 and 0 and those of 128 between 0
    // and 1: their square is 1/3.
    double deviation = SIGMA_DATA * UNITS;
    double variance = deviation * deviation;
    double nats = Math.log(2 * Math.PI * variance) / 2 + 1 / 3. / (2 * variance);
    // The square of such a value has the variance 1/5 - 1/9; five standard errors of the mean.
    double elements = (double) found.rows() * found.dimensions();
    double error = 5 * Math.sqrt((1 / 5. - 1 / 9.) / elements) / (2 * variance);
    assertThat(found.rows()).isGreaterThanOrEqualTo(PICTURES / 2);
    assertThat(found.bits()).isCloseTo(nats / Math.log(2), within(error / Math.log(2)));
    // Without noise, or with noise that is not centred, it would be far from there.
    assertThat(error).isLessThan((1 / 3. - 1 / 4.) / (2 * variance) / 3);
  }
}
