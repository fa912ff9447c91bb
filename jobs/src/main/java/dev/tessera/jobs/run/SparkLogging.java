package dev.tessera.jobs.run;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.config.Configurator;

/** The log of this process, which is Spark's. */
final class SparkLogging {

  private SparkLogging() {}

  /** For a process that ends at once: what breaks from now on was told to. */
  static void silence() {
    level(LogManager.ROOT_LOGGER_NAME);
  }

  /**
   * For a session that closes in good order: heartbeats and messages that were on their way find
   * nobody, which several of Spark's threads tell as an error.
   */
  static void silenceSpark() {
    level("org.apache.spark");
  }

  private static void level(String logger) {
    try {
      Configurator.setAllLevels(logger, Level.OFF);
      Configurator.setLevel(logger, Level.OFF);
    } catch (LinkageError e) {
      // Another backend than Spark's own: its lines stay.
    }
  }
}
