package dev.tessera.jobs.likelihood;

import dev.tessera.models.UserException;

/**
 * What {@code likelihood} measures.
 *
 * @param checkpoint of a diffusion model, or its run directory
 * @param table of pictures or latents, whatever the model was trained on
 * @param count the first so many rows of the subset; 0 for all
 */
record LikelihoodRequest(String checkpoint, String table, long count, LikelihoodSettings settings) {

  LikelihoodRequest {
    if (count < 0) {
      throw new UserException("--count: " + count + " (expected: 0 or more, 0 for all rows)");
    }
  }
}
