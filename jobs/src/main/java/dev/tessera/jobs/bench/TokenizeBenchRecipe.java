package dev.tessera.jobs.bench;

import dev.tessera.jobs.tokenizer.TokenizeSettings;
import dev.tessera.models.UserException;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.InferencePrecision;

/**
 * What {@code bench tokenize} measures.
 *
 * @param checkpoint a tokenizer's checkpoint, or its run directory
 * @param images an image table
 * @param pairs turns of each contender; they alternate
 * @param cores of the one task
 * @param device where both encode
 * @param precision of the encoder
 * @param batch pictures encoded at a time
 * @param measured one batch in so many is decoded again
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record TokenizeBenchRecipe(
    String checkpoint,
    String images,
    int pairs,
    int cores,
    InferenceDevice device,
    InferencePrecision precision,
    int batch,
    int measured,
    String output) {

  public TokenizeBenchRecipe {
    if (pairs < 1) {
      throw new IllegalArgumentException("pairs: " + pairs + " (expected: 1 or more)");
    }
    if (cores < 1) {
      throw new IllegalArgumentException("cores: " + cores + " (expected: 1 or more)");
    }
  }

  public static TokenizeBenchRecipe defaults() {
    TokenizeSettings job = TokenizeSettings.defaults();
    return new TokenizeBenchRecipe(
        "",
        "",
        7,
        1,
        job.device(),
        job.precision(),
        job.batch(),
        job.measured(),
        "runs/bench/tokenize.json");
  }

  TokenizeBenchRecipe complete() {
    if (checkpoint.isEmpty() || images.isEmpty()) {
      throw new UserException(
          "bench tokenize needs a trained tokenizer and a table of pictures: add"
              + " checkpoint=RUN images=TABLE.");
    }
    return this;
  }

  /** The job's, of one task. */
  TokenizeSettings settings() {
    return new TokenizeSettings(1, true, device, precision, batch, measured, true, 0);
  }
}
