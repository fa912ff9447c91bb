package dev.tessera.spark.inference;

import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.device.DeviceAssignment;
import dev.tessera.spark.device.GpuSettings;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;

/** Where the tasks of an inference job compute. */
public enum InferenceDevice {
  /** The cores of the task. */
  CPU,

  /**
   * The GPU that Spark gave the task; with {@code --master local[n]}, where Spark gives out none,
   * the first.
   */
  GPU;

  private static final Pattern LOCAL_CORES = Pattern.compile("^local\\[([0-9]+|\\*)");

  /**
   * Refuses settings under which tasks would get no GPU, before anything starts.
   *
   * @throws dev.tessera.models.UserException naming the setting to change
   */
  public void check(SparkConf conf) {
    if (this == GPU) {
      GpuSettings.check(conf, true);
    }
  }

  /**
   * Spark keys that hold where the user said nothing. Without GPUs to give out, Spark would start
   * as many tasks on the first one as there are cores: one task gets all of them.
   */
  public Map<String, String> settings(SparkConf conf) {
    if (this == CPU || !isLocal(conf)) {
      return Map.of();
    }
    Matcher local = LOCAL_CORES.matcher(conf.get("spark.master"));
    int all = Runtime.getRuntime().availableProcessors();
    String cores = !local.find() ? "1" : local.group(1).replace("*", Integer.toString(all));
    return Map.of("spark.task.cpus", cores);
  }

  /** Opens the device of a task, on the thread that computes. */
  TorchRuntime open(DeviceAssignment assigned) {
    if (this == CPU) {
      return TorchRuntime.onCpu();
    }
    return TorchRuntime.onGpuByRules(assigned.onGpu(inDriver()).cudaIndex());
  }

  /** Whether the calling task runs in the driver's own process, {@code local[n]}. */
  static boolean inDriver() {
    return isLocal(SparkEnv.get().conf());
  }

  private static boolean isLocal(SparkConf conf) {
    return GpuSettings.isLocal(conf.get("spark.master", ""));
  }
}
