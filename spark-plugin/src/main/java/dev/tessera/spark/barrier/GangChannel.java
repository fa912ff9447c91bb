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

  /**
   * Spark looks the driver up at the first question and never again: a task that is cancelled in it
   * would leave this executor without a driver for good. So the first question is asked here, where
   * nobody cancels.
   *
   * @return whether a gang runs whose ranks need libtorch: one may be given a task here soon
   * @throws IllegalStateException if the driver does not answer; Spark ends the executor
   */
  public static boolean open(PluginContext plugin) {
    GangReply reply;
    try {
      reply =
          Wire.decodeOwn(
              (byte[]) plugin.ask(Wire.encode(new GangMessage.Hello())), GangReply.class);
    } catch (Exception e) {
      throw new IllegalStateException(
          "The driver's side of Tessera's plugin cannot be reached: " + e.getMessage(), e);
    }
    context = plugin;
    return reply instanceof GangReply.Welcome welcome && welcome.libtorch();
  }

  public static void close() {
    context = null;
  }

  /** Sends without waiting; messages of one executor arrive in order. */
  static void send(GangMessage message) {
    PluginContext plugin = plugin();
    byte[] encoded = Wire.encode(message);
    try {
      plugin.send(encoded);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot reach the driver: " + e.getMessage(), e);
    } catch (IllegalStateException e) {
      throw new BrokenLineException(e);
    }
  }

  static GangReply ask(GangMessage message) throws Exception {
    PluginContext plugin = plugin();
    byte[] encoded = Wire.encode(message);
    byte[] reply;
    try {
      reply = (byte[]) plugin.ask(encoded);
    } catch (IllegalStateException e) {
      throw new BrokenLineException(e);
    }
    return Wire.decodeOwn(reply, GangReply.class);
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
