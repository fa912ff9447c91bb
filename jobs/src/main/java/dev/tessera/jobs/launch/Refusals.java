package dev.tessera.jobs.launch;

import dev.tessera.models.UserException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.spark.SparkException;
import org.apache.spark.deploy.SparkSubmitArguments;
import org.apache.spark.network.util.JavaUtils;
import scala.collection.immutable.Map$;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What spark-submit would refuse by a stack trace, before any class of ours runs in the driver:
 * told here in a sentence.
 */
final class Refusals {

  private static final Pattern MASTER =
      Pattern.compile(
          "local(\\[\\s*(\\d+|\\*)\\s*(,\\s*\\d+\\s*)?])?"
              + "|local-cluster\\[\\s*\\d+\\s*,\\s*\\d+\\s*,\\s*\\d+\\s*]"
              + "|spark://.+|yarn|k8s://.+");

  private static final Pattern COORDINATE = Pattern.compile("[^:/\\s]+[:/][^:/\\s]+[:/][^:/\\s]+");

  /** Spark's own least for the heap of a driver. */
  private static final long LEAST_HEAP = 450L << 20;

  private Refusals() {}

  /**
   * Looks at the settings that the driver will have.
   *
   * @param words the words after {@code spark-submit}
   * @throws UserException if Spark would not start the driver
   */
  static void check(
      Map<String, String> settings, List<String> words, Map<String, String> environment) {
    checkMaster(settings.get("spark.master"));
    value(settings, "spark.jars.packages").ifPresent(Refusals::checkPackages);
    value(settings, "spark.driver.memory").ifPresent(Refusals::checkHeap);
    try {
      // Checked exceptions come from Scala without the compiler's knowledge.
      new SparkSubmitArguments(
          CollectionConverters.asScala(words).toSeq(),
          Map$.MODULE$.from(CollectionConverters.asScala(environment)));
    } catch (Exception e) {
      if (e instanceof SparkException || e instanceof IllegalArgumentException) {
        String reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("");
        throw new UserException("Spark refuses the options: " + reason, e);
      }
      throw e;
    }
  }

  private static Optional<String> value(Map<String, String> settings, String key) {
    return Optional.ofNullable(settings.get(key)).map(String::strip).filter(v -> !v.isEmpty());
  }

  static void checkMaster(String master) {
    if (master != null && !MASTER.matcher(master).matches()) {
      throw new UserException(
          "--master "
              + master
              + ": no master of Spark's (expected: local[CORES],"
              + " local-cluster[EXECUTORS,CORES,MIB], spark://HOST:PORT, yarn or k8s://URL)");
    }
  }

  private static void checkPackages(String packages) {
    for (String one : packages.split(",", -1)) {
      if (!one.isBlank() && !COORDINATE.matcher(one.strip()).matches()) {
        throw new UserException(
            "--packages " + one.strip() + ": no package (expected: group:artifact:version)");
      }
    }
  }

  private static void checkHeap(String memory) {
    long bytes;
    try {
      bytes = JavaUtils.byteStringAsBytes(memory);
    } catch (NumberFormatException e) {
      throw new UserException(
          "spark.driver.memory: " + memory + " (expected: a size, as 1g or 512m)", e);
    }
    if (bytes < LEAST_HEAP) {
      throw new UserException(
          "spark.driver.memory: " + memory + " (expected: 450m or more, which Spark needs)");
    }
  }
}
