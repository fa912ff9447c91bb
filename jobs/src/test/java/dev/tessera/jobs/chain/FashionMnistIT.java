package dev.tessera.jobs.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.sample.SampleSummary;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The whole chain on the first pictures of Fashion-MNIST as Debian packages it. */
@ExtendWith(SharedChain.class)
class FashionMnistIT {

  private static final Path DATA = Path.of("/usr/share/datasets/fashion-mnist");
  private static final int COUNT = 320;

  private final Chain chain;

  FashionMnistIT(Chain chain) {
    this.chain = chain;
  }

  @Test
  void fromIdxFilesToSamples() throws Exception {
    assumeTrue(
        Files.exists(DATA), "Fashion-MNIST is absent: apt-get install dataset-fashion-mnist");
    Path first = Files.createDirectories(chain.path("fashion-mnist"));
    cut("train-images-idx3-ubyte", 3, first);
    cut("train-labels-idx1-ubyte", 1, first);

    String images = chain.ingest(first.toString(), "fashion-images");
    RunDirectory tokenizer =
        chain.train(Recipes.VQGAN, "data=" + images, "schedule.images=320", "name=fashion-vqgan");
    String tokens = chain.path("fashion-tokens").toString();
    assertThat(chain.tokenize(tokenizer, images, tokens, 0).codes().rows()).isEqualTo(COUNT);
    RunDirectory diffusion =
        chain.train(
            Recipes.DIT, "data=" + tokens + "/latents", "schedule.images=320", "name=fashion-dit");
    SampleSummary samples = chain.sample(diffusion, "fashion-samples", 0, Optional.empty(), 0);

    assertThat(samples.manifest().rows()).isEqualTo(30);
    assertThat(samples.manifest().classNames()).hasSize(10);
    assertFalls(new Outcome(tokenizer).curve("rec_loss"));
    assertFalls(new Outcome(diffusion).curve("loss"));
  }

  /** The last quarter lies below the first. */
  private static void assertFalls(double[] curve) {
    double before = 0;
    double after = 0;
    int quarter = curve.length / 4;
    for (int i = 0; i < quarter; i++) {
      before += curve[i];
      after += curve[curve.length - 1 - i];
    }
    assertThat(after).isLessThan(before);
  }

  /** Writes an IDX file with the first records of one. */
  private static void cut(String name, int dimensions, Path folder) throws IOException {
    try (DataInputStream in =
            new DataInputStream(
                new GZIPInputStream(Files.newInputStream(DATA.resolve(name + ".gz"))));
        DataOutputStream out = new DataOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      out.writeInt(in.readInt());
      assertThat(in.readInt()).isGreaterThan(COUNT);
      out.writeInt(COUNT);
      int record = 1;
      for (int i = 1; i < dimensions; i++) {
        int size = in.readInt();
        out.writeInt(size);
        record *= size;
      }
      out.write(in.readNBytes(COUNT * record));
    }
  }
}
