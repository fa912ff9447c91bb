package dev.tessera.jobs.launch;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The options of {@code spark-submit}; a test holds the list to Spark's own. */
final class SparkOptions {

  /** Those with a value, and the key of the setting that each is short for; empty for none. */
  static final Map<String, String> VALUED =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("--archives", "spark.archives"),
              Map.entry("--class", ""),
              Map.entry("--conf", ""),
              Map.entry("-c", ""),
              Map.entry("--deploy-mode", "spark.submit.deployMode"),
              Map.entry("--driver-class-path", "spark.driver.extraClassPath"),
              Map.entry("--driver-default-class-path", "spark.driver.defaultExtraClassPath"),
              Map.entry("--driver-cores", "spark.driver.cores"),
              Map.entry("--driver-java-options", "spark.driver.extraJavaOptions"),
              Map.entry("--driver-library-path", "spark.driver.extraLibraryPath"),
              Map.entry("--driver-memory", "spark.driver.memory"),
              Map.entry("--exclude-packages", "spark.jars.excludes"),
              Map.entry("--executor-cores", "spark.executor.cores"),
              Map.entry("--executor-memory", "spark.executor.memory"),
              Map.entry("--extra-properties-file", ""),
              Map.entry("--files", "spark.files"),
              Map.entry("--jars", "spark.jars"),
              Map.entry("--keytab", "spark.kerberos.keytab"),
              Map.entry("--kill", ""),
              Map.entry("--master", "spark.master"),
              Map.entry("--name", "spark.app.name"),
              Map.entry("--num-executors", "spark.executor.instances"),
              Map.entry("--packages", "spark.jars.packages"),
              Map.entry("--principal", "spark.kerberos.principal"),
              Map.entry("--properties-file", ""),
              Map.entry("--proxy-user", ""),
              Map.entry("--py-files", "spark.submit.pyFiles"),
              Map.entry("--queue", "spark.yarn.queue"),
              Map.entry("--remote", "spark.remote"),
              Map.entry("--repositories", "spark.jars.repositories"),
              Map.entry("--status", ""),
              Map.entry("--total-executor-cores", "spark.cores.max")));

  /** Those without a value that are not the commands' own too, as {@code --help} is. */
  static final Set<String> SWITCHES =
      Set.of("--load-spark-defaults", "--supervise", "--verbose", "-v");

  private SparkOptions() {}
}
