package dev.tessera.spark.device;

import dev.tessera.models.UserException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.resource.ResourceInformation;

/**
 * What Spark gave a task to compute with.
 *
 * @param cores cores of the task, {@code spark.task.cpus}: the threads of its rank
 * @param gpus the host's numbers, as Spark's discovery printed them; empty on a CPU task
 */
public record DeviceAssignment(int cores, List<Integer> gpus) implements Serializable {

  static final String GPU = "gpu";

  public DeviceAssignment {
    if (cores < 1) {
      throw new IllegalArgumentException("cores: " + cores + " (expected: 1 or more)");
    }
    gpus = List.copyOf(gpus);
  }

  /** Reads the resources of the running task. */
  public static DeviceAssignment of(TaskContext task) {
    return of(task.cpus(), task.resourcesJMap());
  }

  static DeviceAssignment of(int cores, Map<String, ResourceInformation> resources) {
    ResourceInformation gpu = resources.get(GPU);
    return new DeviceAssignment(
        cores,
        gpu == null
            ? List.of()
            : Arrays.stream(gpu.addresses()).map(DeviceAssignment::deviceNumber).toList());
  }

  /**
   * What a rank that needs a GPU computes with. In the driver's own process Spark gives out none,
   * and the only rank there has the first that CUDA sees.
   *
   * @throws UserException if Spark gave this task none: a run that asks for a GPU never falls back
   *     to the CPU
   */
  public DeviceAssignment onGpu(boolean inDriver) {
    return gpus.isEmpty() && inDriver
        ? new DeviceAssignment(cores, List.of(VisibleGpus.ofProcess().first()))
        : new DeviceAssignment(cores, List.of(requireGpu()));
  }

  /**
   * The number by which CUDA knows this task's GPU in this process, where {@code
   * CUDA_VISIBLE_DEVICES} may have renumbered it.
   *
   * @throws UserException if there is none, or CUDA does not see it
   */
  public int cudaIndex() {
    return VisibleGpus.ofProcess().index(requireGpu());
  }

  /**
   * The GPU of this task, by the host's number.
   *
   * @throws UserException if it has none
   */
  public int requireGpu() {
    if (gpus.isEmpty()) {
      throw new UserException(GpuSettings.NONE_GIVEN);
    }
    return gpus.get(0);
  }

  private static int deviceNumber(String address) {
    try {
      return Integer.parseInt(address.strip());
    } catch (NumberFormatException e) {
      throw new UserException(
          "GPU address "
              + address
              + " is not a device number: make the discovery script print indexes, as"
              + " conf/clusters/discover-gpus.sh does",
          e);
    }
  }
}
