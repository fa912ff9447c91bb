package dev.tessera.jobs.run;

import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.SparkConf;
import org.apache.spark.package$;

/**
 * What a run ran on, by group and name: enough to explain a difference between two runs.
 *
 * @param groups such as {@code java} with {@code version}; values of settings are hidden unless
 *     they are known to be harmless
 */
public record Environment(Map<String, Map<String, String>> groups) {

  /** What the driver knows about itself. */
  public static Environment ofDriver(SparkConf conf) {
    Map<String, Map<String, String>> groups = new LinkedHashMap<>(ofProcess().groups());
    groups.put("spark", spark(conf));
    return new Environment(groups);
  }

  /** What any process knows about itself; without Spark. */
  public static Environment ofProcess() {
    Map<String, Map<String, String>> groups = new LinkedHashMap<>();
    groups.put("tessera", tessera());
    groups.put("java", java());
    groups.put("machine", machine());
    return new Environment(groups);
  }

  private static Map<String, String> tessera() {
    String version = Environment.class.getPackage().getImplementationVersion();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("version", version == null ? "from classes" : version);
    facts.put("started", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    return facts;
  }

  private static Map<String, String> java() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("version", System.getProperty("java.version"));
    facts.put("vendor", System.getProperty("java.vendor"));
    facts.put("heap", (Runtime.getRuntime().maxMemory() >> 20) + " MiB");
    facts.put("pid", String.valueOf(ProcessHandle.current().pid()));
    return facts;
  }

  private static Map<String, String> machine() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("system", system.getName() + " " + system.getVersion());
    facts.put("architecture", system.getArch());
    facts.put("cores", String.valueOf(system.getAvailableProcessors()));
    if (system instanceof com.sun.management.OperatingSystemMXBean memory) {
      facts.put("memory", (memory.getTotalMemorySize() >> 20) + " MiB");
    }
    return facts;
  }

  private static Map<String, String> spark(SparkConf conf) {
    Map<String, String> facts = new TreeMap<>();
    for (var setting : conf.getAll()) {
      facts.put(setting._1(), Secrets.setting(conf, setting._1(), setting._2()));
    }
    facts.put("version", package$.MODULE$.SPARK_VERSION());
    return facts;
  }
}
