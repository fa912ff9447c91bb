package dev.tessera.spark.inference;

import dev.tessera.datasets.image.ImageResizer;
import dev.tessera.datasets.image.ResizeFilter;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.models.UserException;
import dev.tessera.models.evaluation.ClassPosteriors;
import dev.tessera.models.evaluation.MomentAccumulator;
import dev.tessera.models.evaluation.SlicedWasserstein;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;

/** Decodes pictures into batches and collects of them what a {@link StatisticsPlan} says. */
final class StatisticsCollector implements AutoCloseable {

  private final TorchRuntime runtime;
  private final EvaluateTask task;
  private final StatisticsPlan plan;
  private final PictureDecoder decoder;
  private final Projection projection;
  private Extraction features;
  private Extraction classifier;
  private MomentAccumulator moments;
  private ClassPosteriors posteriors;
  private float[] kept = new float[0];
  private int keptLength;
  private long firstRow;
  private int filled;
  private long pictures;

  private StatisticsCollector(TorchRuntime runtime, EvaluateTask task, long firstRow) {
    this.runtime = runtime;
    this.task = task;
    this.plan = task.plan();
    this.firstRow = firstRow;
    this.decoder = new PictureDecoder(task.table());
    this.projection = plan.sliced() == null ? null : new Projection(task);
  }

  static StatisticsCollector open(
      TorchRuntime runtime, Configuration conf, EvaluateTask task, RowRange range)
      throws IOException {
    StatisticsCollector collector = new StatisticsCollector(runtime, task, range.from());
    try {
      collector.load(conf);
      return collector;
    } catch (IOException | RuntimeException e) {
      collector.close();
      throw e;
    }
  }

  private void load(Configuration conf) throws IOException {
    int size = task.table().size();
    if (plan.features() != null) {
      features = Extraction.open(runtime, conf, plan.features(), task.batch(), size);
    }
    if (plan.classifier() != null) {
      classifier = Extraction.open(runtime, conf, plan.classifier(), task.batch(), size);
    }
  }

  /** Adds the next row; whether that ended a batch. */
  boolean add(PictureTable.Picture row) {
    RgbImage image = decoder.decode(row);
    if (projection != null) {
      projection.add(image);
    }
    if (features != null) {
      features.add(image);
    }
    if (classifier != null) {
      classifier.add(image);
    }
    filled++;
    pictures++;
    if (filled < task.batch()) {
      return false;
    }
    collect();
    return true;
  }

  private void collect() {
    if (filled == 0) {
      return;
    }
    if (features != null) {
      collectFeatures(features.vectors());
    }
    if (classifier != null) {
      collectPosteriors(classifier.vectors());
    }
    firstRow += filled;
    filled = 0;
  }

  private void collectFeatures(float[] vectors) {
    int dimensions = vectors.length / task.batch();
    for (int i = 0; i < filled * dimensions; i++) {
      if (!Float.isFinite(vectors[i])) {
        throw new UserException(
            task.table().path()
                + ": the features of row "
                + (firstRow + i / dimensions)
                + " are not finite: check the network's input range and precision.");
      }
    }
    if (moments == null) {
      moments = new MomentAccumulator(runtime, dimensions);
    }
    moments.accumulate(vectors, filled);
    for (int i = 0; i < filled; i++) {
      if (plan.keeps(firstRow + i, task.table().rows())) {
        keep(vectors, i * dimensions, dimensions);
      }
    }
  }

  private void keep(float[] vectors, int from, int dimensions) {
    if (keptLength + dimensions > kept.length) {
      kept = Arrays.copyOf(kept, Math.max(2 * kept.length, keptLength + dimensions));
    }
    System.arraycopy(vectors, from, kept, keptLength, dimensions);
    keptLength += dimensions;
  }

  private void collectPosteriors(float[] outputs) {
    if (posteriors == null) {
      posteriors = new ClassPosteriors(outputs.length / task.batch(), plan.score().splits());
    }
    try {
      posteriors.accumulate(outputs, filled, plan.logits(), firstRow, plan.score().seed());
    } catch (IllegalArgumentException e) {
      throw new UserException(
          plan.classifier().file() + ": " + e.getMessage() + " (logits=true)", e);
    }
  }

  /** Of all rows so far. */
  PictureStatistics finish() {
    collect();
    return new PictureStatistics(
        pictures,
        moments == null ? null : moments.result(),
        Arrays.copyOf(kept, keptLength),
        projection == null ? null : projection.set,
        posteriors);
  }

  @Override
  public void close() {
    decoder.close();
    if (features != null) {
      features.close();
    }
    if (classifier != null) {
      classifier.close();
    }
    if (moments != null) {
      moments.close();
    }
  }

  /** Pixels, reduced where they are many. */
  private static final class Projection {
    private final SlicedWasserstein set;
    private final ImageResizer resizer = new ImageResizer(ResizeFilter.TRIANGLE);
    private final int size;
    private final byte[] planar;
    private final float[] values;

    Projection(EvaluateTask task) {
      size = Math.min(task.plan().sliced().size(), task.table().size());
      planar = new byte[3 * size * size];
      values = new float[planar.length];
      set =
          new SlicedWasserstein(
              planar.length, task.plan().sliced().projections(), task.plan().sliced().seed());
    }

    void add(RgbImage image) {
      resizer.resize(image, size, size).putPlanar(ByteBuffer.wrap(planar));
      Bytes.floats(planar, 0, values);
      set.accumulate(values);
    }
  }
}
