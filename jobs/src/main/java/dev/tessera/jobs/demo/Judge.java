package dev.tessera.jobs.demo;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.evaluation.MeanImage;
import dev.tessera.models.evaluation.NearestImages;
import dev.tessera.models.evaluation.PixelGaussian;
import dev.tessera.models.evaluation.Psnr;
import dev.tessera.models.evaluation.SlicedWasserstein;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;

/** Measures what the demo made. */
final class Judge {

  private static final int REFERENCES = 2_000;
  private static final int PROJECTIONS = 128;

  /** Samples that are compared with every training picture: a search of all would take a minute. */
  private static final int SEARCHED = 250;

  private static final long SEED = 1;

  /** A sample equals a training picture if they differ by less than this a pixel, of 1. */
  private static final double SAME = 0.02;

  private final Configuration conf;

  Judge(Configuration conf) {
    this.conf = conf;
  }

  DemoVerdict judge(String images, String codes, String samples) {
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
        novel(images, train, drawn));
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
  private double novel(String images, long train, Pictures drawn) {
    int searched = Math.min(SEARCHED, drawn.count()) * drawn.dimensions();
    NearestImages nearest =
        new NearestImages(Arrays.copyOf(drawn.values(), searched), drawn.dimensions());
    int portion = 2_000;
    for (long from = 0; from < train; from += portion) {
      Pictures part = Pictures.images(conf, images, from, Math.min(train, from + portion), 1);
      nearest.accumulate(part.values(), from);
    }
    return nearest.fractionFartherThan(SAME * Math.sqrt(drawn.dimensions()));
  }
}
