package dev.tessera.jobs.tokenizer;

import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.InferencePrecision;

/**
 * How {@code tokenize} works.
 *
 * @param partitions number of Spark tasks; 0 for one a task slot
 * @param overwrite whether existing tables may be replaced
 * @param device where tasks encode
 * @param precision of the encoder and decoder; codes of another precision differ here and there
 * @param batch pictures encoded at a time, always that many: codes do not depend on the division of
 *     work
 * @param measured one batch in so many is decoded again, for PSNR and SSIM
 * @param latents whether a table of latents is written beside that of the codes; it is what
 *     diffusion models train on, and hundreds of times as large
 * @param writers threads of a task that write, each a file of its own, so that rows stand in the
 *     tables batch by batch in turn; 0 for 3 where a GPU makes latents, else 1
 */
public record TokenizeSettings(
    int partitions,
    boolean overwrite,
    InferenceDevice device,
    InferencePrecision precision,
    int batch,
    int measured,
    boolean latents,
    int writers) {

  /** One thread writes half as fast as a GPU encodes latents of many channels. */
  private static final int WRITERS_BESIDE_A_GPU = 3;

  public TokenizeSettings {
    if (partitions < 0) {
      throw new IllegalArgumentException("partitions: " + partitions + " (expected: 0 or more)");
    }
    if (batch < 1) {
      throw new IllegalArgumentException("batch: " + batch + " (expected: 1 or more)");
    }
    if (writers < 0) {
      throw new IllegalArgumentException("writers: " + writers + " (expected: 0 or more)");
    }
    if (measured < 1) {
      throw new IllegalArgumentException("measured: " + measured + " (expected: 1 or more)");
    }
  }

  public static TokenizeSettings defaults() {
    return new TokenizeSettings(
        0, false, InferenceDevice.CPU, InferencePrecision.FP32, 64, 1, true, 0);
  }

  /** How many threads write. */
  int writersOrDefault() {
    if (writers > 0) {
      return writers;
    }
    return device == InferenceDevice.GPU && latents ? WRITERS_BESIDE_A_GPU : 1;
  }

  /** As these, with another number of tasks. */
  public TokenizeSettings tasks(int number) {
    return new TokenizeSettings(
        number, overwrite, device, precision, batch, measured, latents, writers);
  }

  /** As these, replacing tables that exist. */
  public TokenizeSettings overwriting() {
    return new TokenizeSettings(
        partitions, true, device, precision, batch, measured, latents, writers);
  }
}
