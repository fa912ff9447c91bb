package dev.tessera.spark.device;

import dev.tessera.models.UserException;
import org.apache.spark.SparkConf;

/** Checks of an application's GPU settings that need no executor. */
public final class GpuSettings {

  static final String TASK_AMOUNT = "spark.task.resource.gpu.amount";
  static final String EXECUTOR_AMOUNT = "spark.executor.resource.gpu.amount";

  static final String NONE_GIVEN =
      "A GPU is asked for and Spark gives none: set --conf "
          + TASK_AMOUNT
          + "=1 --conf "
          + EXECUTOR_AMOUNT
          + "=<GPUs of an executor> --conf"
          + " spark.executor.resource.gpu.discoveryScript=conf/clusters/discover-gpus.sh, or set"
          + " the device to the CPU (ranks.device=cpu in a recipe, else device=cpu)";

  private GpuSettings() {}

  /**
   * Refuses what would hang or silently run on the CPU.
   *
   * @param gpuWanted whether the recipe asks for a GPU
   * @throws UserException naming the setting to change
   */
  public static void check(SparkConf conf, boolean gpuWanted) {
    boolean perTask = conf.contains(TASK_AMOUNT);
    if (perTask && isLocal(conf.get("spark.master", ""))) {
      // Spark schedules no GPUs in local mode: the job would wait at (0 + 0) / 1 for ever.
      throw new UserException(
          "Spark gives out no GPUs with --master "
              + conf.get("spark.master")
              + ": remove "
              + TASK_AMOUNT
              + " and "
              + EXECUTOR_AMOUNT
              + ", or use local-cluster[1,1,4096] or a real cluster");
    }
    if (gpuWanted && !perTask) {
      throw new UserException(NONE_GIVEN);
    }
    if (perTask && conf.getDouble(TASK_AMOUNT, 0) < 1) {
      throw new UserException(
          TASK_AMOUNT
              + " is "
              + conf.get(TASK_AMOUNT)
              + ", but a rank owns its GPU: set it to 1 (a whole number)");
    }
  }

  /** Whether tasks run in the driver's own JVM. */
  public static boolean isLocal(String master) {
    return master.equals("local") || master.startsWith("local[");
  }
}
