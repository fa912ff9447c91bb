package dev.tessera.jobs.sample;

import dev.tessera.models.UserException;
import dev.tessera.spark.inference.InferenceDevice;
import java.util.Optional;

/**
 * What {@code sample} draws.
 *
 * @param checkpoint of a diffusion model, or its run directory
 * @param output folder of the sample table
 * @param label name or number of a class; all classes in turn if absent
 * @param guidance weight of classifier-free guidance instead of the recipe's
 * @param partitions number of tasks; 0 for one a task slot
 * @param device where tasks draw
 */
public record SampleRequest(
    String checkpoint,
    String output,
    long count,
    long seed,
    Optional<String> label,
    Optional<Double> guidance,
    int partitions,
    boolean overwrite,
    InferenceDevice device) {

  public SampleRequest {
    if (count < 1) {
      throw new UserException("--count: " + count + " (expected: 1 or more)");
    }
  }
}
