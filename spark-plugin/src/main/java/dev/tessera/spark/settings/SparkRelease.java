package dev.tessera.spark.settings;

import dev.tessera.models.UserException;
import org.apache.spark.package$;

/** The line of Spark releases that Tessera is built for; others lack classes that ranks need. */
public final class SparkRelease {

  private static final String LINE = "4.2.";

  private SparkRelease() {}

  /**
   * Compares the Spark of this process.
   *
   * @throws UserException if it is of another line
   */
  public static void require() {
    require(package$.MODULE$.SPARK_VERSION());
  }

  static void require(String version) {
    if (!version.startsWith(LINE)) {
      throw new UserException(
          "This is Spark "
              + version
              + ", and Tessera needs Spark 4.2: point SPARK_HOME at one, or unset it to use Spark"
              + " from the build");
    }
  }
}
