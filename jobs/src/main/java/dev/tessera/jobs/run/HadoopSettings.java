package dev.tessera.jobs.run;

import org.apache.hadoop.conf.Configuration;

/** Hadoop's settings for commands that run nothing on a cluster. */
public final class HadoopSettings {

  private HadoopSettings() {}

  /** As a SparkSession would have them, {@code spark.hadoop.*} included. */
  public static Configuration read() {
    return Session.hadoop();
  }
}
