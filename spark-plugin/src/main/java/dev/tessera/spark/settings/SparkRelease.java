package dev.tessera.spark.settings;

import dev.tessera.models.UserException;
import java.util.regex.Pattern;
import org.apache.spark.package$;

/** The line of Spark releases that Tessera is built for; others lack classes that ranks need. */
public final class SparkRelease {

  /** Of vendors' builds too, as 4.2.0-amzn-0. */
  private static final Pattern LINE = Pattern.compile("4\\.2([.-].*)?");

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
    if (!LINE.matcher(version).matches()) {
      throw new UserException(
          "This is Spark "
              + version
              + ", and Tessera needs Spark 4.2: point SPARK_HOME at one, or unset it to use Spark"
              + " from the build");
    }
  }
}
