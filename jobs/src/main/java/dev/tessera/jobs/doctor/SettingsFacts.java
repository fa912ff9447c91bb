package dev.tessera.jobs.doctor;

import dev.tessera.models.UserException;
import dev.tessera.spark.TesseraPlugin;
import dev.tessera.spark.barrier.Slots;
import dev.tessera.spark.device.GpuSettings;
import dev.tessera.spark.settings.TesseraSettings;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkConf;

/** What an application's settings alone say of its runs. */
final class SettingsFacts {

  private SettingsFacts() {}

  /** One sentence for each setting that would stop a run. */
  static List<String> obstacles(SparkConf conf) {
    List<String> obstacles = new ArrayList<>();
    String plugin = TesseraPlugin.class.getName();
    if (!conf.get("spark.plugins", "").contains(plugin)) {
      obstacles.add("the plugin is not installed: add --conf spark.plugins=" + plugin);
    }
    if (conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      obstacles.add("dynamic allocation is on: set --conf spark.dynamicAllocation.enabled=false");
    }
    collect(obstacles, () -> TesseraSettings.from(conf));
    collect(obstacles, () -> GpuSettings.check(conf, false));
    collect(obstacles, () -> Slots.of(conf).require(1));
    return obstacles;
  }

  static String slots(SparkConf conf) {
    Slots slots = Slots.of(conf);
    String total = slots.total().isPresent() ? slots.total().getAsInt() + " ranks" : "unknown";
    return total + " at most (" + slots.words() + ")";
  }

  private static void collect(List<String> obstacles, Runnable check) {
    try {
      check.run();
    } catch (UserException e) {
      obstacles.add(e.getMessage());
    }
  }
}
