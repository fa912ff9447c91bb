package dev.tessera.spark.inference;

import dev.tessera.models.graph.Shape;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;

/** Features by a tokenizer: mean and deviation over positions of each channel of its latents. */
final class EncoderFeatures implements FeatureExtractor {

  private final Tokenizer tokenizer;

  /**
   * @param tokenizer closed with this
   */
  EncoderFeatures(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  @Override
  public float[] vectors(ByteBuffer pictures) {
    tokenizer.images().put(pictures.duplicate());
    tokenizer.send(false);
    Shape latent = tokenizer.model().latentShape();
    int channels = Math.toIntExact(latent.dim(0));
    int positions = Math.toIntExact(latent.dim(1) * latent.dim(2));
    return pooled(
        tokenizer.receive().latents().asFloatBuffer(), tokenizer.batch(), channels, positions);
  }

  /** Of latents {@code [n, channels, positions]}: {@code [n, 2 channels]}. */
  static float[] pooled(FloatBuffer latents, int n, int channels, int positions) {
    float[] vectors = new float[n * 2 * channels];
    float[] map = new float[positions];
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < channels; c++) {
        latents.get((i * channels + c) * positions, map);
        double mean = 0;
        for (float value : map) {
          mean += value / (double) positions;
        }
        double squares = 0;
        for (float value : map) {
          squares += (value - mean) * (value - mean);
        }
        vectors[(2 * i) * channels + c] = (float) mean;
        vectors[(2 * i + 1) * channels + c] = (float) Math.sqrt(squares / positions);
      }
    }
    return vectors;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
