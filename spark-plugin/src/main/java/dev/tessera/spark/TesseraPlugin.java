package dev.tessera.spark;

import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.SparkPlugin;

/** The doorway to Spark: {@code --conf spark.plugins=dev.tessera.spark.TesseraPlugin}. */
public final class TesseraPlugin implements SparkPlugin {

  @Override
  public DriverPlugin driverPlugin() {
    return new TesseraDriver();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new TesseraExecutor();
  }
}
