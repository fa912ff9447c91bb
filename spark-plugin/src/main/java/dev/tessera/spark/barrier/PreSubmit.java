package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.device.GpuSettings;
import org.apache.spark.SparkConf;

/**
 * What is checked before a gang is submitted, from settings alone, each with the setting to change.
 * Left to Spark, missing slots take ten minutes to be reported and GPU settings in local mode hang.
 *
 * <p>{@code local[n]} is allowed on the CPU, for trying out: its ranks share one JVM and so
 * libtorch's threads, which makes them slow, and a killed rank takes the driver along.
 */
final class PreSubmit {

  static final String NO_PLUGIN =
      "Tessera's plugin is not installed in this application: add --conf"
          + " spark.plugins=dev.tessera.spark.TesseraPlugin";

  private PreSubmit() {}

  /**
   * Checks the settings.
   *
   * @throws UserException naming the first mistake and its remedy
   */
  static void check(SparkConf conf, boolean pluginOpen, int ranks, boolean gpu) {
    if (!pluginOpen) {
      throw new UserException(NO_PLUGIN);
    }
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw new UserException(
          "A gang needs all its executors at once, which dynamic allocation does not promise: set"
              + " --conf spark.dynamicAllocation.enabled=false and spark.executor.instances");
    }
    GpuSettings.check(conf, gpu);
    GpuSettings.checkRanks(conf, gpu, ranks);
    Slots.of(conf).require(ranks);
  }
}
