package dev.tessera.jobs.launch;

import java.nio.file.Path;
import java.util.Map;

/**
 * What a submission is made of and where it lies.
 *
 * @param home the checkout or installation
 * @param bundle the jar of all classes
 * @param natives libtorch for the CPU
 * @param spark the folder of Spark, {@code SPARK_HOME}
 * @param ownSpark whether Spark is the build's, which has no scripts
 */
record Installation(Path home, Path bundle, Path natives, Path spark, boolean ownSpark) {

  /** From the properties that {@code bin/tessera} sets. */
  static Installation ofProperties(Map<String, String> environment) {
    return new Installation(
        Path.of(System.getProperty("tessera.home")),
        Path.of(System.getProperty("tessera.bundle")),
        Path.of(System.getProperty("tessera.natives")),
        Path.of(environment.get("SPARK_HOME")),
        Boolean.getBoolean("tessera.spark.built"));
  }

  /** The folder of {@code spark-defaults.conf}. */
  Path sparkConf(Map<String, String> environment) {
    String named = environment.getOrDefault("SPARK_CONF_DIR", "");
    return named.isEmpty() ? spark.resolve("conf") : Path.of(named);
  }

  Map<String, String> localSettings() {
    return UserSettings.read(home.resolve("conf/clusters/local.conf"));
  }

  /** As a URI: no space and no letter outside ASCII, for it stands in a string of JVM options. */
  String logging() {
    return home.resolve("conf/clusters/log4j2.properties").toUri().toASCIIString();
  }
}
