package dev.tessera.models.diffusion;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.io.Serializable;

/**
 * What a diffusion model draws: {@code [channels, height, width]} pixels or latents, and the affine
 * map to what the network sees: pixels in [-1, 1], latents with mean 0 and the standard deviation
 * that the recipe wants.
 *
 * @param kind what the numbers are, which decides their dtype
 * @param channels colours, or features of a latent position
 * @param height rows of pixels or latent positions
 * @param width columns of pixels or latent positions
 * @param shift mean of the stored values
 * @param scale standard deviation of the stored values
 */
public record Signal(Kind kind, int channels, int height, int width, double shift, double scale)
    implements Serializable {

  /** The standard deviation that colours mapped to [-1, 1] are taken to have. */
  private static final double OF_PIXELS = 0.5;

  /** What the numbers are. */
  public enum Kind {
    /** uint8 colours, mapped to [-1, 1] whatever their statistics. */
    PIXELS,
    /** float32 latents of a tokenizer. */
    LATENTS
  }

  public Signal {
    if (!(scale > 0)) {
      throw new IllegalArgumentException("scale: " + scale + " (expected: above 0)");
    }
  }

  /** Pictures of three colours. */
  public static Signal pixels(int height, int width) {
    return new Signal(Kind.PIXELS, 3, height, width, 127.5, 127.5 * OF_PIXELS);
  }

  public static Signal latents(int channels, int height, int width, double mean, double deviation) {
    return new Signal(Kind.LATENTS, channels, height, width, mean, deviation);
  }

  /** The stored values of a batch. */
  DType dtype() {
    return kind == Kind.PIXELS ? DType.UINT8 : DType.FLOAT32;
  }

  /** The column of a batch that holds them. */
  String column() {
    return kind == Kind.PIXELS ? "image" : "latent";
  }

  Shape shape(int batch) {
    return Shape.of(batch, channels, height, width);
  }

  /**
   * Stored units in one of the network's.
   *
   * @param sigmaData standard deviation of latents as the network sees them
   */
  public double units(double sigmaData) {
    return scale / (kind == Kind.PIXELS ? OF_PIXELS : sigmaData);
  }

  /** Stored values as the network sees them. */
  Tensor normalize(Tensor stored, double sigmaData) {
    Tensor exact = stored.cast(stored.trace().precision().master());
    return exact.add(-shift).mul(1 / units(sigmaData));
  }

  /** The inverse of {@link #normalize}, before rounding. */
  Tensor denormalize(Tensor seen, double sigmaData) {
    return seen.mul(units(sigmaData)).add(shift);
  }
}
