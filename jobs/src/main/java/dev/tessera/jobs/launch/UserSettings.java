package dev.tessera.jobs.launch;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * What the user told Spark, wherever: options, {@code --conf}, a properties file, {@code
 * spark-defaults.conf}; the earlier wins, as in spark-submit.
 */
final class UserSettings {

  private final Map<String, String> chosen = new LinkedHashMap<>();
  private final Map<String, String> all = new LinkedHashMap<>();

  private UserSettings() {}

  /**
   * Reads the files that spark-submit would read.
   *
   * @param confFolder of {@code spark-defaults.conf}, which need not be there
   * @throws UserException if a file that the user named cannot be read
   */
  static UserSettings of(Arguments arguments, Path confFolder) {
    UserSettings settings = new UserSettings();
    Optional<String> named = arguments.last("--properties-file");
    Path defaults = confFolder.resolve("spark-defaults.conf");
    boolean reads = named.isEmpty() || arguments.has("--load-spark-defaults");
    if (reads && Files.isReadable(defaults)) {
      settings.all.putAll(read(defaults));
    }
    named.ifPresent(file -> settings.choose(read(Path.of(file))));
    Map<String, String> byConf = new LinkedHashMap<>();
    Map<String, String> byOption = new LinkedHashMap<>();
    for (Arguments.Given given : arguments.spark()) {
      boolean conf = given.name().equals("--conf") || given.name().equals("-c");
      given.setting().ifPresent(s -> (conf ? byConf : byOption).put(s.getKey(), s.getValue()));
    }
    settings.choose(byConf);
    settings.choose(byOption);
    if (settings.all.containsKey("spark.remote")) {
      throw new UserException(
          "spark.remote asks for Spark Connect, whose server owns the driver, and Tessera's"
              + " commands are drivers: remove it and name the cluster by --master");
    }
    return settings;
  }

  private void choose(Map<String, String> values) {
    chosen.putAll(values);
    all.putAll(values);
  }

  /** The value that holds. */
  Optional<String> get(String key) {
    return Optional.ofNullable(all.get(key)).filter(value -> !value.isBlank());
  }

  /** Whether it was said for this command, not in the installation's defaults alone. */
  boolean chose(String key) {
    return chosen.containsKey(key);
  }

  Map<String, String> all() {
    return Map.copyOf(all);
  }

  /** A file of properties as Spark reads it. */
  static Map<String, String> read(Path file) {
    Properties read = new Properties();
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      read.load(in);
    } catch (NoSuchFileException e) {
      throw new UserException(file + ": no such file of Spark settings", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException("Cannot read the Spark settings " + file + ": " + e.getMessage(), e);
    }
    Map<String, String> values = new LinkedHashMap<>();
    read.stringPropertyNames().stream()
        .sorted()
        .filter(key -> key.startsWith("spark."))
        .forEach(key -> values.put(key, read.getProperty(key).strip()));
    return values;
  }
}
