package dev.tessera.spark.inference;

import dev.tessera.datasets.image.ImageResizer;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;

/** A loaded network and the batch of pictures that it gets next. */
final class Extraction implements AutoCloseable {

  private final FeatureExtractor extractor;
  private final ImageResizer resizer;
  private final int size;
  private final ByteBuffer pictures;

  private Extraction(FeatureExtractor extractor, ImageResizer resizer, int size, int batch) {
    this.extractor = extractor;
    this.resizer = resizer;
    this.size = size;
    this.pictures = ByteBuffer.allocate(Math.multiplyExact(batch, 3 * size * size));
  }

  /**
   * @param given side of the pictures that {@link #add} gets
   */
  static Extraction open(
      TorchRuntime runtime, Configuration conf, FeatureSource source, int batch, int given)
      throws IOException {
    int size = source.takes(given);
    return new Extraction(
        FeatureExtractor.load(runtime, conf, source, batch, size),
        new ImageResizer(source.resize()),
        size,
        batch);
  }

  void add(RgbImage image) {
    resizer.resize(image, size, size).putPlanar(pictures);
  }

  /**
   * Of the whole batch {@code [batch, d]}, which is empty afterwards: behind the last picture are
   * older ones.
   */
  float[] vectors() {
    return extractor.vectors(pictures.clear());
  }

  @Override
  public void close() {
    extractor.close();
  }
}
