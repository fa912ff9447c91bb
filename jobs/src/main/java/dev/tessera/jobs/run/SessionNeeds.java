package dev.tessera.jobs.run;

import dev.tessera.models.UserException;
import dev.tessera.spark.settings.RuntimeProperties;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/**
 * What a session that somebody else began must have been begun with. Spark takes none of it later,
 * so all that is missing is told at once.
 */
final class SessionNeeds {

  private static final String PLUGIN = "dev.tessera.spark.TesseraPlugin";
  private static final List<String> OPTIONS =
      List.of("spark.executor.defaultJavaOptions", "spark.executor.extraJavaOptions");
  private static final String LIBTORCH = "PYTORCH_LIBRARY_PATH";

  private SessionNeeds() {}

  /**
   * Checks. Where the plugin is there, every executor has loaded it, so the jars have come in some
   * way; that natives have not is told when libtorch is loaded.
   *
   * @throws UserException if the plugin is missing, or executors have options that it cannot mend
   */
  static void check(SparkConf conf) {
    check(conf, bundle());
  }

  /**
   * As above.
   *
   * @param bundle the jar of all classes; empty where they are from folders
   */
  static void check(SparkConf conf, Optional<Path> bundle) {
    checkOptions(conf);
    List<String> plugins = List.of(conf.get("spark.plugins", "").split("\\s*,\\s*"));
    if (plugins.contains(PLUGIN)) {
      return;
    }
    List<String> missing = new ArrayList<>(List.of("spark.plugins=" + joined(plugins)));
    jars(conf, bundle).ifPresent(jars -> missing.add("spark.jars=" + jars));
    throw new UserException(
        "The Spark session that is there was begun without "
            + String.join(" and ", missing)
            + ", which Spark reads at its start alone: stop it and begin it with "
            + (missing.size() == 1 ? "that" : "those"));
  }

  private static void checkOptions(SparkConf conf) {
    for (String key : OPTIONS) {
      List<String> spoiling = RuntimeProperties.spoiling(conf.get(key, ""));
      if (!spoiling.isEmpty()) {
        throw new UserException(
            "The Spark session that is there was begun with "
                + key
                + "="
                + String.join(" ", spoiling)
                + ", which spoils what executors compute: stop it and begin it without");
      }
    }
  }

  private static String joined(List<String> plugins) {
    return String.join(
        ",", Stream.concat(plugins.stream().filter(p -> !p.isBlank()), Stream.of(PLUGIN)).toList());
  }

  /** The jars that executors do not get, as far as settings tell; empty if all are on their way. */
  private static Optional<String> jars(SparkConf conf, Optional<Path> bundle) {
    if (bundle.isEmpty() || conf.get("spark.master", "").matches("local(\\[.*)?")) {
      return Optional.empty();
    }
    // A class path of the executors' own may hold anything.
    String given = conf.get("spark.jars", "") + "," + conf.get("spark.executor.extraClassPath", "");
    boolean natives =
        given.contains("tessera-natives") || conf.contains("spark.executorEnv." + LIBTORCH);
    List<String> missing = new ArrayList<>();
    if (!given.contains(bundle.get().getFileName().toString())) {
      missing.add(bundle.get().toString());
    }
    if (!natives) {
      missing.add(beside(bundle.get()));
    }
    return missing.isEmpty() ? Optional.empty() : Optional.of(String.join(",", missing));
  }

  /** The jar that this class is from; empty where it is from a folder of classes. */
  private static Optional<Path> bundle() {
    CodeSource source = SessionNeeds.class.getProtectionDomain().getCodeSource();
    try {
      Path from = source == null ? null : Path.of(source.getLocation().toURI());
      return Optional.ofNullable(from).filter(Files::isRegularFile);
    } catch (URISyntaxException | RuntimeException e) {
      return Optional.empty(); // No file of this machine.
    }
  }

  private static String beside(Path bundle) {
    String name = bundle.getFileName().toString().replaceFirst("^tessera-", "tessera-natives-cpu-");
    return bundle.resolveSibling(name).toString();
  }
}
