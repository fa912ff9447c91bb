package dev.tessera.jobs.demo;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.evaluation.MeanImage;
import dev.tessera.models.evaluation.PixelGaussian;
import dev.tessera.models.evaluation.Psnr;
import dev.tessera.models.evaluation.SlicedWasserstein;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;

/** Measures what the demo made. */
final class Judge {

  private static final int REFERENCES = 2_000;
  private static final int PROJECTIONS = 128;

  /** Training pictures held at a time. */
  private static final int PORTION = 2_000;

  private static final long SEED = 1;

  private final Configuration conf;

  Judge(Configuration conf) {
    this.conf = conf;
  }

  /**
   * @param tokenizer the run that trained it
   */
  DemoVerdict judge(String images, String tokenizer, String codes, String samples) {
    TableManifest table = ManifestFile.read(conf, images);
    TableManifest tokens = ManifestFile.read(conf, codes);
    long train = table.rows(Subset.TRAIN);
    Pictures training = Pictures.images(conf, images, 0, train, Math.max(1, train / REFERENCES));
    Pictures heldout = Pictures.images(conf, images, train, table.rows(), 1);
    Pictures drawn = Pictures.samples(conf, samples);
    return new DemoVerdict(
        tokens.reconstruction().heldoutPsnr(),
        meanPsnr(training, heldout),
        tokens.codes().usage(),
        distance(drawn.values(), training),
        distance(noise(drawn.values().length), training),
        distance(gaussian(training, drawn.count()), training),
        1 - memorised(images, tokenizer, train, drawn));
  }

  private static double meanPsnr(Pictures training, Pictures heldout) {
    MeanImage mean = new MeanImage(training.dimensions());
    mean.accumulate(training.values());
    double[] picture = mean.result();
    float[] one = new float[picture.length];
    for (int i = 0; i < one.length; i++) {
      one[i] = (float) picture[i];
    }
    Psnr psnr = new Psnr(training.dimensions(), 1);
    for (int i = 0; i < heldout.count(); i++) {
      int at = i * heldout.dimensions();
      psnr.accumulate(Arrays.copyOfRange(heldout.values(), at, at + one.length), one);
    }
    return psnr.result();
  }

  private static double distance(float[] pictures, Pictures training) {
    return SlicedWasserstein.distance(
        pictures, training.values(), training.dimensions(), PROJECTIONS, SEED);
  }

  private static float[] noise(int length) {
    SplittableRandom random = new SplittableRandom(SEED);
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = (float) random.nextDouble();
    }
    return values;
  }

  private static float[] gaussian(Pictures training, int count) {
    PixelGaussian fitted = new PixelGaussian(count, training.dimensions(), SEED);
    fitted.accumulate(training.values(), 0);
    return fitted.result();
  }

  /** Against every training picture, read in portions. */
  private double memorised(String images, String tokenizer, long train, Pictures drawn) {
    Memorised memorised = new Memorised(drawn);
    for (long from = 0; from < train; from += PORTION) {
      memorised.search(Pictures.images(conf, images, from, end(from, train), 1), from);
    }
    List<Long> nearest = memorised.nearest();
    float[] neighbours = new float[drawn.values().length];
    int width = drawn.dimensions();
    for (long from = 0; from < train; from += PORTION) {
      Pictures portion = Pictures.images(conf, images, from, end(from, train), 1);
      for (int i = 0; i < nearest.size(); i++) {
        long at = nearest.get(i) - from;
        if (at >= 0 && at < portion.count()) {
          System.arraycopy(portion.values(), (int) at * width, neighbours, i * width, width);
        }
      }
    }
    return memorised.fraction(new Pictures(neighbours, width), new Reconstruction(conf, tokenizer));
  }

  private static long end(long from, long train) {
    return Math.min(train, from + PORTION);
  }
}
