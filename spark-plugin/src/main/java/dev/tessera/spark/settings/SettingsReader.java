package dev.tessera.spark.settings;

import dev.tessera.models.UserException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.apache.spark.SparkConf;
import org.apache.spark.network.util.JavaUtils;
import scala.Tuple2;

/** Reads settings one by one and keeps every mistake, so that a user sees them all at once. */
final class SettingsReader {

  private final SparkConf conf;
  private final List<String> mistakes = new ArrayList<>();

  SettingsReader(SparkConf conf) {
    this.conf = conf;
  }

  Duration duration(Setting setting) {
    String text = text(setting);
    try {
      long millis = JavaUtils.timeStringAs(text, TimeUnit.MILLISECONDS);
      if (millis > 0) {
        return Duration.ofMillis(millis);
      }
    } catch (NumberFormatException e) {
      // Told below, with the key.
    }
    wrong(setting, "a time such as " + setting.defaultValue());
    return Duration.ofMillis(JavaUtils.timeStringAs(setting.defaultValue(), TimeUnit.MILLISECONDS));
  }

  int count(Setting setting) {
    try {
      int count = Integer.parseInt(text(setting));
      if (count > 0) {
        return count;
      }
    } catch (NumberFormatException e) {
      // Told below, with the key.
    }
    wrong(setting, "a whole number, 1 or more");
    return Integer.parseInt(setting.defaultValue());
  }

  Subnet subnet(Setting setting) {
    String text = text(setting);
    if (text.isEmpty()) {
      return null;
    }
    try {
      return Subnet.parse(text);
    } catch (IllegalArgumentException e) {
      wrong(setting, "a subnet such as 10.1.0.0/16");
      return null;
    }
  }

  PortRange ports(Setting setting) {
    try {
      return PortRange.parse(text(setting), conf.getInt("spark.port.maxRetries", 16));
    } catch (IllegalArgumentException e) {
      wrong(setting, "0, a port from 1024 on, or a range such as 7400-7499");
      return PortRange.ANY;
    }
  }

  Encryption encryption(Setting setting) {
    Optional<Encryption> read = Encryption.read(text(setting));
    require(read.isPresent(), setting, "auto, true or false");
    return read.orElse(Encryption.ALWAYS);
  }

  /** An id of a {@code Lease}'s claim, perhaps empty. */
  String claim(Setting setting) {
    String text = text(setting);
    require(text.matches("[0-9a-f-]*"), setting, "the ID that a refusal names, or nothing");
    return text;
  }

  boolean flag(Setting setting) {
    String text = text(setting);
    require(text.equals("true") || text.equals("false"), setting, "true or false");
    return text.equals("true");
  }

  void require(boolean right, Setting setting, String expected) {
    if (!right) {
      wrong(setting, expected);
    }
  }

  void refuseUnknownKeys() {
    List<String> known = Arrays.stream(Setting.values()).map(Setting::key).toList();
    for (Tuple2<String, String> entry : conf.getAllWithPrefix(Setting.PREFIX)) {
      String key = Setting.PREFIX + entry._1();
      if (!known.contains(key)) {
        mistakes.add(key + ": no such setting (nearest: " + nearest(key, known) + ")");
      }
    }
  }

  void throwIfWrong() {
    if (!mistakes.isEmpty()) {
      throw new UserException("Invalid settings: " + String.join("; ", mistakes));
    }
  }

  private String text(Setting setting) {
    return conf.get(setting.key(), setting.defaultValue()).strip();
  }

  private void wrong(Setting setting, String expected) {
    mistakes.add(setting.key() + ": " + text(setting) + " (expected: " + expected + ")");
  }

  private static String nearest(String key, List<String> known) {
    LevenshteinDistance distance = LevenshteinDistance.getDefaultInstance();
    return known.stream()
        .min(Comparator.comparing(candidate -> distance.apply(key, candidate)))
        .orElseThrow();
  }
}
