package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.plugin.PluginContext;

/** An executor's line to the driver, opened by the plugin before any task runs. */
public final class GangChannel {

  /** By which Spark calls the driver among executors. */
  private static final String DRIVER = "driver";

  private static volatile PluginContext context;

  private GangChannel() {}

  public static void open(PluginContext plugin) {
    context = plugin;
  }

  public static void close() {
    context = null;
  }

  /** Sends without waiting; messages of one executor arrive in order. */
  static void send(GangMessage message) {
    try {
      plugin().send(Wire.encode(message));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach the driver: " + e.getMessage(), e);
    }
  }

  static GangReply ask(GangMessage message) throws Exception {
    byte[] reply = (byte[]) plugin().ask(Wire.encode(message));
    return (GangReply) Wire.decode(reply, GangChannel.class.getClassLoader());
  }

  /**
   * This host as Spark's executors know it; {@code PluginContext.hostname()} fails on an executor.
   */
  static String host() {
    return SparkEnv.get().blockManager().blockManagerId().host();
  }

  /** Whether tasks run in the driver's own process, {@code local[n]}. */
  static boolean inDriver() {
    return SparkEnv.get().executorId().equals(DRIVER);
  }

  private static PluginContext plugin() {
    PluginContext plugin = context;
    if (plugin == null) {
      throw new UserException(PreSubmit.NO_PLUGIN);
    }
    return plugin;
  }
}
