package dev.tessera.spark.training;

import dev.tessera.spark.inference.SamplerSpec;
import java.io.Serializable;

/** What rank 0 draws at a checkpoint, for people to look at. */
public sealed interface Preview extends Serializable {

  /**
   * Held-out pictures beside their reconstructions, and measures over the held-out rows.
   *
   * @param pictures to draw
   * @param measured pictures to measure, at most
   */
  record Reconstructions(int pictures, int measured) implements Preview {}

  /** Samples of the averaged model, one batch, the classes taking turns. */
  record Samples(SamplerSpec sampler, long seed) implements Preview {}
}
