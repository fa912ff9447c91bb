package dev.tessera.jobs.chain;

import dev.tessera.spark.TesseraPlugin;
import java.nio.file.Path;
import org.apache.spark.sql.SparkSession;

/** Two real executors of one core each, started from the SPARK_HOME that the build made. */
final class LocalCluster {

  private LocalCluster() {}

  static SparkSession start(Path folder) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return SparkSession.builder()
        .appName("chain")
        .master("local-cluster[2,1,1024]")
        .config("spark.executor.memory", "512m")
        .config("spark.driver.host", "localhost")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "WARN")
        .config("spark.executor.extraClassPath", classPath)
        .config("spark.sql.warehouse.dir", folder.resolve("warehouse").toUri().toString())
        .config("spark.plugins", TesseraPlugin.class.getName())
        .config("spark.tessera.retryBackoff", "100ms")
        .getOrCreate();
  }
}
