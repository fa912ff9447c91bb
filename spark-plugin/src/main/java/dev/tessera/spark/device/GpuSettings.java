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
   * Refuses what would hang or silently run on the CPU. In {@code local[n]} one rank may have the
   * first GPU, which Spark knows nothing of.
   *
   * @param gpuWanted whether the recipe asks for a GPU
   * @throws UserException naming the setting to change
   */
  public static void check(SparkConf conf, boolean gpuWanted) {
    boolean perTask = conf.contains(TASK_AMOUNT);
    boolean local = isLocal(conf.get("spark.master", ""));
    if (perTask && local) {
      // Spark schedules no GPUs in local mode: the job would wait at (0 + 0) / 1 for ever.
      throw new UserException(
          "Spark gives out no GPUs with --master "
              + conf.get("spark.master")
              + ": remove "
              + TASK_AMOUNT
              + " and "
              + EXECUTOR_AMOUNT
              + " (one rank has the first GPU there), or use --properties-file"
              + " conf/clusters/gpu.conf or a real cluster");
    }
    if (gpuWanted && !perTask && !local) {
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

  /**
   * Refuses several ranks on the GPUs of {@code local[n]}.
   *
   * @throws UserException with the ways out
   */
  public static void checkRanks(SparkConf conf, boolean gpuWanted, int ranks) {
    if (gpuWanted && ranks > 1 && isLocal(conf.get("spark.master", ""))) {
      throw new UserException(
          ranks
              + " ranks on GPUs cannot share the one process of --master "
              + conf.get("spark.master")
              + ": set ranks.count=1, or give each GPU an executor, as --properties-file"
              + " conf/clusters/gpu.conf --master local-cluster[GPUS,1,4096] does");
    }
  }

  /** Whole GPUs that a task asks for; 0 without. */
  public static int ofTask(SparkConf conf) {
    return (int) conf.getDouble(TASK_AMOUNT, 0);
  }

  /** GPUs that an executor asks for; 0 without. */
  public static int ofExecutor(SparkConf conf) {
    return conf.getInt(EXECUTOR_AMOUNT, 0);
  }

  /** Whether tasks run in the driver's own JVM. */
  public static boolean isLocal(String master) {
    return master.equals("local") || master.startsWith("local[");
  }
}
