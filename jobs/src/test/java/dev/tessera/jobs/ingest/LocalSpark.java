package dev.tessera.jobs.ingest;

import org.apache.spark.sql.SparkSession;

/** One local session for the tests of this package; Spark keeps one a process anyway. */
final class LocalSpark {

  private LocalSpark() {}

  static SparkSession session() {
    return SparkSession.builder()
        .master("local[2]")
        .config("spark.ui.enabled", false)
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate();
  }

  /** Commands of later tests in this process bring sessions of their own. */
  static void stop() {
    session().stop();
  }
}
