package dev.tessera.spark.inference;

import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.conf.Configuration;

/** A {@link FeatureSource} that is loaded, on the thread that loaded it; takes full batches. */
interface FeatureExtractor extends AutoCloseable {

  /**
   * Loads a source.
   *
   * @param size side at which it gets pictures
   */
  static FeatureExtractor load(
      TorchRuntime runtime, Configuration conf, FeatureSource source, int batch, int size)
      throws IOException {
    if (source instanceof FeatureSource.Network network) {
      return ScriptFeatures.load(runtime, conf, network, batch, size);
    }
    FeatureSource.Encoder encoder = (FeatureSource.Encoder) source;
    return new EncoderFeatures(
        Tokenizer.load(runtime, conf, encoder.tokenizer(), batch, InferencePrecision.FP32));
  }

  /**
   * Vectors of a batch.
   *
   * @param pictures uint8 {@code [batch, 3, size, size]}, read from its position on
   * @return {@code [batch, d]}, with the same d each time
   */
  float[] vectors(ByteBuffer pictures);

  @Override
  void close();
}
