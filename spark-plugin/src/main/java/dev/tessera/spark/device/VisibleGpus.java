package dev.tessera.spark.device;

import dev.tessera.models.UserException;
import java.util.Arrays;
import java.util.List;

/**
 * The GPUs that CUDA shows to this process. Spark's addresses are the host's numbers, as {@code
 * nvidia-smi} lists them; where {@code CUDA_VISIBLE_DEVICES} narrows or reorders them, CUDA counts
 * anew, in the order of that list.
 *
 * @param variable its value, null where it is not set
 */
record VisibleGpus(String variable) {

  private static final String NAME = "CUDA_VISIBLE_DEVICES";

  static VisibleGpus ofProcess() {
    return new VisibleGpus(System.getenv(NAME));
  }

  /** The host's number of the GPU that CUDA counts as its first; 0 where it has only a name. */
  int first() {
    return variable == null || !shown().get(0).matches("[0-9]{1,6}")
        ? 0
        : Integer.parseInt(shown().get(0));
  }

  private List<String> shown() {
    return Arrays.stream(variable.split(",", -1)).map(String::strip).toList();
  }

  /**
   * CUDA's number of a GPU of the host.
   *
   * @throws UserException if it is hidden from this process
   */
  int index(int gpu) {
    if (variable == null) {
      return gpu;
    }
    List<String> shown = shown();
    if (shown.size() == 1 && shown.get(0).matches("(GPU|MIG)-.*")) {
      return 0; // the only one, by its name
    }
    int index = shown.indexOf(Integer.toString(gpu));
    if (index < 0) {
      throw new UserException(
          "Spark gave this task GPU "
              + gpu
              + ", which "
              + NAME
              + "="
              + variable
              + " hides from the executor: unset it there, or list the numbers that the discovery"
              + " script prints.");
    }
    return index;
  }
}
