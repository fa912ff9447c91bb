package dev.tessera.spark.barrier;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;

/** A job group of Spark's for as long as an attempt runs; the caller's own returns afterwards. */
final class JobGroup {

  private static final List<String> PROPERTIES =
      Arrays.asList("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel");

  private final JavaSparkContext spark;
  private final Map<String, String> before = new HashMap<>();

  JobGroup(JavaSparkContext spark, String group, String description) {
    this.spark = spark;
    PROPERTIES.forEach(key -> before.put(key, spark.getLocalProperty(key)));
    spark.setJobGroup(group, description, true);
  }

  void restore() {
    PROPERTIES.forEach(key -> spark.setLocalProperty(key, before.get(key)));
  }
}
