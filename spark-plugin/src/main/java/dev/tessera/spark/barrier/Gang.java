package dev.tessera.spark.barrier;

import dev.tessera.models.UserException;
import dev.tessera.spark.ui.RunStatus;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs one task on all ranks of a gang, on barrier tasks that all start together and talk to each
 * other directly. A failed attempt is followed by another, as a new Spark job: Spark itself never
 * retries a barrier result stage.
 */
public final class Gang<R extends Serializable> {

  private static final Logger LOG = LoggerFactory.getLogger(Gang.class);

  private final JavaSparkContext spark;
  private final GangSpec spec;
  private final GangTasks<R> tasks;
  private final GangListener listener;
  private final String runId = UUID.randomUUID().toString();

  /** In a row, without anything new that is kept. */
  private int failures;

  private long kept;

  private Gang(JavaSparkContext spark, GangSpec spec, GangTasks<R> tasks, GangListener listener) {
    this.spark = spark;
    this.spec = spec;
    this.tasks = tasks;
    this.listener = listener;
  }

  /**
   * Refuses a gang that can never start, from settings alone; {@link #run} does so too.
   *
   * @throws UserException naming the setting to change
   */
  public static void check(SparkConf conf, GangSpec spec) {
    PreSubmit.check(conf, GangDesk.isOpen(), spec.ranks(), spec.gpu());
    Privacy.of(conf, spec.settings().network()).require(spec.ranks(), spec.gpu());
  }

  /**
   * Runs the gang to its end.
   *
   * @param tasks the task of each attempt
   * @return what the ranks returned, in order of rank
   * @throws UserException (or {@code InvalidDatasetException}) for a mistake of the user's, found
   *     before anything is submitted or thrown by a rank; never retried
   * @throws GangException when as many attempts in a row as the retry policy allows have failed
   *     without anything new that is {@link GangListener#kept}
   */
  public static <R extends Serializable> List<R> run(
      JavaSparkContext spark, GangSpec spec, GangTasks<R> tasks, GangListener listener) {
    return new Gang<>(spark, spec, tasks, listener).attempts();
  }

  private List<R> attempts() {
    check(spark.getConf(), spec);
    try (Need need = new Need()) {
      for (int number = 0; ; number++) {
        try {
          return attempt(number, need);
        } catch (AttemptFailure failure) {
          afterFailure(number, failure);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new GangException.Interrupted(spec.name() + " was interrupted", e);
    }
  }

  /** What executors are told that start during the gang, from its first attempt to its end. */
  private static final class Need implements AutoCloseable {
    private boolean told;

    void of(RankTask<?> task) {
      if (!told && task.usesLibtorch()) {
        told = true;
        GangDesk.libtorchNeeded();
      }
    }

    @Override
    public void close() {
      if (told) {
        GangDesk.libtorchIdle();
      }
    }
  }

  private List<R> attempt(int number, Need need) throws AttemptFailure, InterruptedException {
    if (number > 0) {
      prepare(number);
    }
    int ranks = ranks(number);
    if (number > 0) {
      listener.onRecovery(RecoveryPart.EXECUTORS);
    }
    AttemptId id = new AttemptId(runId, number);
    byte[] secret = GangSecret.toSend();
    RankTask<R> task = task(number);
    need.of(task);
    RankPlan<R> plan =
        new RankPlan<>(id, ranks, spec.gpu(), spec.algorithm(), spec.settings(), task);
    RunStatus.driver().attempt(spec.name(), number, ranks);
    return new AttemptJob<>(spark, plan, new Attempt(id, ranks, secret), listener)
        .run(spec.name() + ", attempt " + (number + 1));
  }

  private void prepare(int number) {
    try {
      tasks.prepare(number);
    } catch (RuntimeException e) {
      LOG.debug("Attempt {} could not be prepared", number, e);
    }
  }

  /** What the store refuses now it may give to the next attempt. */
  private RankTask<R> task(int number) throws AttemptFailure {
    try {
      return tasks.of(number);
    } catch (UncheckedIOException e) {
      throw new AttemptFailure(-1, e.getMessage(), e);
    }
  }

  private int ranks(int number) throws InterruptedException {
    int slots =
        LiveSlots.await(spark.sc(), spec.ranks(), spec.settings().slotsWait(), listener::onWaiting);
    int ranks = spec.ranksOfSlots().applyAsInt(slots);
    if (ranks >= 1 && ranks <= slots) {
      return ranks;
    }
    UserException tooFew = LiveSlots.tooFew(spark.sc(), Math.max(1, ranks), slots);
    if (number == 0) {
      throw tooFew;
    }
    throw new GangException(
        spec.name() + " was given up, its lost executors were not replaced: " + tooFew.getMessage(),
        tooFew);
  }

  private void afterFailure(int number, AttemptFailure failure) throws InterruptedException {
    if (Thread.interrupted() || !GangDesk.isOpen()) {
      // Whoever ends the driver ends its executors too, perhaps first: nobody wants another
      // attempt.
      throw new InterruptedException(failure.getMessage());
    }
    if (SparkReason.isCancelled(failure.getCause())) {
      throw new GangException.Interrupted(
          spec.name() + " was stopped: its Spark job was cancelled", failure.getCause());
    }
    RuntimeException lasting = RankFailure.lasting(failure.getCause());
    if (lasting != null) {
      throw lasting;
    }
    listener.onLoss();
    listener.onRecovery(RecoveryPart.FAILURE);
    listener.onFailure(failure.rank(), failure.getCause());
    int attempts = number + 1;
    long now = listener.kept();
    failures = now > kept ? 1 : failures + 1;
    kept = now;
    if (!spec.settings().retry().allowsAfter(failures)) {
      throw new GangException(
          spec.name()
              + " was given up after "
              + attempts
              + (attempts == 1 ? " attempt" : " attempts")
              + (failures == attempts ? ": " : ", the last " + failures + " without progress: ")
              + failure.getMessage(),
          failure.getCause());
    }
    Duration pause = spec.settings().retry().pauseAfter(failures);
    listener.onRetry(number + 1, failure.getMessage());
    Thread.sleep(pause.toMillis());
    listener.onRecovery(RecoveryPart.PAUSE);
  }
}
