package dev.tessera.jobs.bench;

import dev.tessera.models.UserException;

/**
 * What {@code bench tokenize} measures.
 *
 * @param checkpoint a tokenizer's checkpoint, or its run directory
 * @param images an image table
 * @param pairs turns of each contender; they alternate
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record TokenizeBenchRecipe(String checkpoint, String images, int pairs, String output) {

  public TokenizeBenchRecipe {
    if (pairs < 1) {
      throw new IllegalArgumentException("pairs: " + pairs + " (expected: 1 or more)");
    }
  }

  public static TokenizeBenchRecipe defaults() {
    return new TokenizeBenchRecipe("", "", 7, "runs/bench/tokenize.json");
  }

  TokenizeBenchRecipe complete() {
    if (checkpoint.isEmpty() || images.isEmpty()) {
      throw new UserException(
          "bench tokenize needs a trained tokenizer and a table of pictures: add"
              + " checkpoint=RUN images=TABLE.");
    }
    return this;
  }
}
