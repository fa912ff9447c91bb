package dev.tessera.jobs.run;

import dev.tessera.models.UserException;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.sql.SparkSession;

/** The one place where commands get their SparkSession. */
public final class Session {

  private Session() {}

  /**
   * The session there is, or a new one with what {@code spark-submit} was told.
   *
   * @param name of the application, unless the user gave one
   * @param settings Spark keys that hold where the user said nothing
   * @throws UserException if Spark refuses the user's master or settings
   */
  public static SparkSession obtain(String name, Map<String, String> settings) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.app.name", "tessera " + name);
    conf.setIfMissing("spark.master", "local[*]");
    // Spark's own bar would redraw the line that ours stands on.
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    settings.forEach(conf::setIfMissing);
    try {
      return SparkSession.builder().config(conf).getOrCreate();
    } catch (Exception e) {
      // Scala declares nothing, so a checked SparkException comes without the compiler's knowledge.
      throw mapped(conf, e);
    }
  }

  private static RuntimeException mapped(SparkConf conf, Exception e) {
    String message = e.getMessage() == null ? "" : e.getMessage().lines().findFirst().orElse("");
    boolean users =
        e instanceof SparkException
            || e instanceof IllegalArgumentException
            || e instanceof NoSuchElementException;
    if (users) {
      return new UserException(
          "Spark does not start with --master " + conf.get("spark.master") + ": " + message, e);
    }
    return e instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(e);
  }
}
