package dev.tessera.spark;

import dev.tessera.datasets.lease.Lease;
import dev.tessera.spark.barrier.GangDesk;
import dev.tessera.spark.settings.FileNames;
import dev.tessera.spark.settings.Float32Environment;
import dev.tessera.spark.settings.RuntimeProperties;
import dev.tessera.spark.settings.SparkRelease;
import dev.tessera.spark.settings.TesseraSettings;
import dev.tessera.spark.temporary.UnpackedLibraries;
import dev.tessera.spark.ui.RunStatus;
import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.PluginContext;

/**
 * The driver's side. Runs before SparkEnv is complete, so it reads nothing but the configuration,
 * and before executors are started, so it can still choose their environment; mistakes in {@code
 * spark.tessera.*} stop the application here, all at once.
 */
final class TesseraDriver implements DriverPlugin {

  @Override
  public Map<String, String> init(SparkContext spark, PluginContext context) {
    SparkRelease.require();
    TesseraSettings settings = TesseraSettings.from(context.conf());
    Float32Environment.setMissing(spark, context.conf(), settings.tf32());
    FileNames.setMissing(spark, context.conf());
    RuntimeProperties.setMissing();
    if (!settings.takeOver().isEmpty()) {
      spark.hadoopConfiguration().set(Lease.TAKE_OVER, settings.takeOver());
    }
    GangDesk.open();
    UnpackedLibraries.sweepBeside();
    return Map.of();
  }

  @Override
  public void registerMetrics(String applicationId, PluginContext context) {
    RunStatus.driver().publish(context.metricRegistry());
  }

  @Override
  public Object receive(Object message) {
    return GangDesk.receive(message);
  }

  @Override
  public void shutdown() {
    GangDesk.close();
    RunStatus.driver().withdraw();
  }
}
