package dev.tessera.jobs.chain;

import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.spark.SparkContext;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;

/** The executors that ran a job's tasks. */
final class Executors extends SparkListener {

  private final Set<String> seen = new ConcurrentSkipListSet<>();

  private Executors() {}

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    seen.add(end.taskInfo().executorId());
  }

  /** How many executors {@code job} ran on. */
  static int during(SparkContext spark, Runnable job) throws Exception {
    // Events of earlier jobs may still be on their way.
    spark.listenerBus().waitUntilEmpty();
    Executors executors = new Executors();
    spark.addSparkListener(executors);
    try {
      job.run();
      spark.listenerBus().waitUntilEmpty();
      return executors.seen.size();
    } finally {
      spark.removeSparkListener(executors);
    }
  }
}
