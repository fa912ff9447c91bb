package dev.tessera.spark.settings;

import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;

/**
 * The locale of executors. Java knows file names by it, and workers that a service starts often
 * have none: every letter outside ASCII would be lost.
 */
public final class FileNames {

  private static final String NAME = "LC_ALL";
  private static final String UNICODE = "C.UTF-8";
  private static final List<String> CHOICES = List.of(NAME, "LC_CTYPE", "LANG");

  private FileNames() {}

  /**
   * Gives executors that are yet to be started a locale that knows all letters, unless the user
   * chose one by {@code spark.executorEnv}. To be called before the scheduler starts.
   */
  public static void setMissing(SparkContext spark, SparkConf conf) {
    if (CHOICES.stream().noneMatch(name -> conf.contains("spark.executorEnv." + name))) {
      // Both, for the reason that Float32Environment gives.
      conf.set("spark.executorEnv." + NAME, UNICODE);
      spark.executorEnvs().put(NAME, UNICODE);
    }
  }
}
