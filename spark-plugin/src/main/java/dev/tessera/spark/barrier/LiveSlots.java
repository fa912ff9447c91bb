package dev.tessera.spark.barrier;

import java.time.Duration;
import org.apache.spark.SparkContext;

/** The task slots of the executors that are up; settings alone promise them, {@link Slots}. */
public final class LiveSlots {

  private static final long POLL_MILLIS = 50;

  private LiveSlots() {}

  public static int now(SparkContext spark) {
    return spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
  }

  /** Waits until there are {@code wanted} or patience ends; returns the slots there are. */
  public static int await(SparkContext spark, int wanted, Duration patience)
      throws InterruptedException {
    long start = System.nanoTime();
    int slots = now(spark);
    while (slots < wanted && System.nanoTime() - start < patience.toNanos()) {
      Thread.sleep(POLL_MILLIS);
      slots = now(spark);
    }
    return slots;
  }
}
