package dev.tessera.spark.barrier;

import dev.tessera.spark.TesseraPlugin;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Two real executors of one core each, started from the SPARK_HOME that the build made. */
public final class LocalCluster {

  private LocalCluster() {}

  static JavaSparkContext start(Class<?> test) {
    return new JavaSparkContext(conf(test));
  }

  public static SparkConf conf(Class<?> test) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return new SparkConf()
        .setAppName(test.getSimpleName())
        .setMaster("local-cluster[2,1,1024]")
        .set("spark.executor.memory", "512m")
        .set("spark.driver.host", "localhost")
        .set("spark.driver.bindAddress", "127.0.0.1")
        .set("spark.ui.enabled", "false")
        .set("spark.executor.extraClassPath", classPath)
        .set("spark.plugins", TesseraPlugin.class.getName())
        .set("spark.tessera.retryBackoff", "100ms");
  }
}
