package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;

/** The task slots of the executors that are up; settings alone promise them, {@link Slots}. */
public final class LiveSlots {

  private static final long POLL_MILLIS = 50;

  /** Executors that come at once are not worth a question to the master, nor a line. */
  private static final Duration ASK_AFTER = Duration.ofMillis(500);

  private static final Duration ASK_EVERY = Duration.ofSeconds(5);

  /** A worker that starts anew is away for a while: only an answer that stays is believed. */
  private static final Duration STEADY = Duration.ofSeconds(10);

  private static final Duration TELL_AFTER = Duration.ofSeconds(5);

  private LiveSlots() {}

  public static int now(SparkContext spark) {
    return spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile());
  }

  /**
   * Waits until there are {@code wanted}, or patience ends, or what there is is all that the
   * cluster's workers can give and has been for ten seconds; returns the slots there are.
   *
   * @param told a sentence once the wait is long enough to wonder
   */
  public static int await(SparkContext spark, int wanted, Duration patience, Consumer<String> told)
      throws InterruptedException {
    long start = System.nanoTime();
    long asked = start + ASK_AFTER.toNanos() - ASK_EVERY.toNanos();
    boolean silent = true;
    int most = wanted;
    long since = start;
    int slots = now(spark);
    while (slots < wanted
        && (slots < most || asked - since < STEADY.toNanos())
        && System.nanoTime() - start < patience.toNanos()) {
      if (System.nanoTime() - asked >= ASK_EVERY.toNanos()) {
        asked = System.nanoTime();
        int room = ClusterRoom.ask(spark).map(r -> Math.min(wanted, r.slots())).orElse(wanted);
        since = room == most ? since : asked;
        most = room;
      }
      if (silent && System.nanoTime() - start >= TELL_AFTER.toNanos()) {
        silent = false;
        told.accept(waiting(spark, wanted, slots, patience));
      }
      Thread.sleep(POLL_MILLIS);
      slots = now(spark);
    }
    return slots;
  }

  private static String waiting(SparkContext spark, int wanted, int slots, Duration patience) {
    return "waiting up to "
        + patience.toSeconds()
        + " s for executors: "
        + slots
        + " of "
        + wanted
        + " task slots are there"
        + Workers.ask(spark).map(w -> ", and the cluster has free " + w.free()).orElse("");
  }

  /**
   * Why there are fewer slots than ranks, from what the cluster has where its master tells it, else
   * from the settings.
   */
  public static UserException tooFew(SparkContext spark, int ranks, int there) {
    Optional<ClusterRoom> room = ClusterRoom.ask(spark);
    return room.isPresent()
        ? new UserException(room.get().tooFew(ranks, there))
        : Slots.of(spark.getConf()).tooFew(ranks, there);
  }

  /** What a standalone cluster has, for people; empty where nobody tells. */
  public static Optional<String> cluster(SparkContext spark) {
    return Workers.ask(spark).map(workers -> workers + ", free " + workers.free());
  }
}
