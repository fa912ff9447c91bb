package dev.tessera.spark.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * System properties that DJL reads when libtorch is first used, and what they must say in every
 * JVM: no profiling graph executor (quadratic warm-up, other bits in its first calls), no download,
 * no call home. The launcher passes them; the plugin sets what is missing before any task runs.
 */
public final class RuntimeProperties {

  private static final Map<String, String> REQUIRED =
      new TreeMap<>(
          Map.of(
              "ai.djl.pytorch.graph_optimizer", "false",
              "ai.djl.offline", "true",
              "OPT_OUT_TRACKING", "true"));

  private RuntimeProperties() {}

  /**
   * Sets the properties that nobody has set; what a user chose stays and is told by {@link
   * #problems}.
   */
  public static void setMissing() {
    REQUIRED.forEach(
        (key, value) -> {
          if (System.getProperty(key) == null) {
            System.setProperty(key, value);
          }
        });
  }

  /**
   * What JVM options say otherwise, as {@code -Dai.djl.offline=false}: an executor that is started
   * with them would spoil a run, and nothing sets it right.
   */
  public static List<String> spoiling(String javaOptions) {
    return Stream.of(javaOptions.strip().split("\\s+"))
        .filter(
            option ->
                REQUIRED.entrySet().stream()
                    .anyMatch(
                        e ->
                            option.startsWith("-D" + e.getKey() + "=")
                                && !option.endsWith("=" + e.getValue())))
        .toList();
  }

  /** One sentence for each property of this JVM that would spoil a run; empty when all is well. */
  public static List<String> problems() {
    List<String> problems = new ArrayList<>();
    REQUIRED.forEach(
        (key, value) -> {
          String actual = System.getProperty(key);
          if (!value.equals(actual)) {
            problems.add(
                key
                    + " is "
                    + actual
                    + ": pass -D"
                    + key
                    + "="
                    + value
                    + " in spark.driver.defaultJavaOptions and spark.executor.defaultJavaOptions");
          }
        });
    return problems;
  }
}
