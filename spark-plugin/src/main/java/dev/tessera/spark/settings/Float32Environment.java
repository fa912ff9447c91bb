package dev.tessera.spark.settings;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/**
 * Whether a GPU's process computes float32 as float32 or as tf32: its environment decides, which
 * libtorch, cuBLAS and cuDNN read once. Left alone, products are float32 and convolutions tf32.
 */
public final class Float32Environment {

  /** cuBLAS and cuDNN: {@code 0} forbids tf32. */
  private static final String FORBID = "NVIDIA_TF32_OVERRIDE";

  /** libtorch: {@code 1} allows it in matrix products; in convolutions it is allowed anyway. */
  private static final String ALLOW = "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE";

  private Float32Environment() {}

  /**
   * Gives executors that are yet to be started what the setting says; what a user chose by {@code
   * spark.executorEnv} stays. To be called before the scheduler starts.
   */
  public static void setMissing(SparkContext spark, SparkConf conf, boolean tf32) {
    String name = tf32 ? ALLOW : FORBID;
    String key = "spark.executorEnv." + name;
    if (!conf.contains(key)) {
      String value = tf32 ? "1" : "0";
      // Cluster managers that launch containers read the configuration; Spark's own was given a
      // copy before plugins were asked.
      conf.set(key, value);
      spark.executorEnvs().put(name, value);
    }
  }

  /** What a process with this environment makes of float32 on a GPU, in words. */
  public static String describe(Map<String, String> environment) {
    if ("0".equals(environment.get(FORBID))) {
      return "fp32";
    }
    return "1".equals(environment.get(ALLOW))
        ? "tf32"
        : "fp32 in matrix products and tf32 in convolutions";
  }

  /** One sentence if an executor with this environment is not what the setting asks for. */
  public static List<String> problems(Map<String, String> environment, boolean tf32) {
    String wanted = tf32 ? "tf32" : "fp32";
    String actual = describe(environment);
    if (actual.equals(wanted)) {
      return List.of();
    }
    Map<String, String> set = new TreeMap<>(environment);
    set.keySet().retainAll(List.of(FORBID, ALLOW));
    return List.of(
        "float32 on a GPU is computed as "
            + actual
            + " and "
            + Setting.TF32.key()
            + "="
            + tf32
            + " asks for "
            + wanted
            + ": the environment has "
            + set
            + "; remove these from spark.executorEnv and from the machine");
  }
}
