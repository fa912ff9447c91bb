package dev.tessera.jobs.evaluate;

import dev.tessera.datasets.image.ResizeFilter;
import dev.tessera.models.evaluation.Metric;
import dev.tessera.spark.inference.InferenceDevice;
import dev.tessera.spark.inference.PixelRange;
import java.util.List;

/**
 * How {@code evaluate} works.
 *
 * @param metrics what is measured; none for all that the given sides allow
 * @param paired whether rows of both tables belong together, for PSNR and SSIM
 * @param range the numbers that networks take for bytes
 * @param size side at which networks take pictures; 0 for as they are
 * @param resize filter that brings them there
 * @param flags further arguments of the feature network's {@code forward}
 * @param classifierFlags further arguments of the classifier's {@code forward}
 * @param logits whether the classifier's output still lacks its softmax
 * @param kept pictures of each side whose features are kept for kernel distance, precision and
 *     recall, at equal distances in the table
 * @param batch pictures that a network gets at a time, always that many
 * @param partitions number of Spark tasks; 0 for one a task slot
 * @param device where tasks compute
 */
public record EvaluateSettings(
    List<Metric> metrics,
    boolean paired,
    PixelRange range,
    int size,
    ResizeFilter resize,
    List<Boolean> flags,
    List<Boolean> classifierFlags,
    boolean logits,
    int kept,
    int batch,
    int partitions,
    InferenceDevice device) {

  public EvaluateSettings {
    metrics = List.copyOf(metrics);
    flags = List.copyOf(flags);
    classifierFlags = List.copyOf(classifierFlags);
    atLeast("size", size, 0);
    atLeast("kept", kept, 2);
    atLeast("batch", batch, 1);
    atLeast("partitions", partitions, 0);
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + least + " or more)");
    }
  }

  public static EvaluateSettings defaults() {
    return new EvaluateSettings(
        List.of(),
        false,
        PixelRange.UINT8,
        0,
        ResizeFilter.LANCZOS,
        List.of(),
        List.of(),
        true,
        10_000,
        64,
        0,
        InferenceDevice.CPU);
  }
}
