package dev.tessera.spark;

import dev.tessera.spark.barrier.GangChannel;
import dev.tessera.spark.device.LibtorchAhead;
import dev.tessera.spark.settings.RuntimeProperties;
import dev.tessera.spark.temporary.UnpackedLibraries;
import java.util.Map;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;

/** An executor's side: opens the line to the driver for the tasks that will run here. */
final class TesseraExecutor implements ExecutorPlugin {

  @Override
  public void init(PluginContext context, Map<String, String> fromDriver) {
    RuntimeProperties.setMissing();
    if (GangChannel.open(context)) {
      // It replaces a lost one: the others wait for it.
      LibtorchAhead.begin();
    }
    UnpackedLibraries.sweepBeside();
  }

  @Override
  public void shutdown() {
    GangChannel.close();
  }
}
