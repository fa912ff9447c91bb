package dev.tessera.spark.barrier;

import java.io.Serializable;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** One attempt as one Spark job, watched until it ends; cancelled when a rank fails. */
final class AttemptJob<R extends Serializable> {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptJob.class);
  private static final long POLL_MILLIS = 20;

  /** How long a failure that may follow from another waits for that other to be told. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private final JavaSparkContext spark;
  private final RankPlan<R> plan;
  private final Attempt attempt;
  private final GangListener listener;
  private final ClassLoader loader = Thread.currentThread().getContextClassLoader();
  private final List<RankFailure> failures = new ArrayList<>();
  private boolean met;
  private long warnedAt;

  AttemptJob(JavaSparkContext spark, RankPlan<R> plan, Attempt attempt, GangListener listener) {
    this.spark = spark;
    this.plan = plan;
    this.attempt = attempt;
    this.listener = listener;
  }

  /** Runs to the end; results are in order of rank. */
  List<R> run(String description) throws AttemptFailure, InterruptedException {
    String group = plan.attempt().toString();
    GangDesk.add(attempt);
    JobGroup jobGroup = new JobGroup(spark, group, description);
    JavaFutureAction<List<RankResult<R>>> job = null;
    try {
      job = submit();
      watch(job);
      return results(job);
    } finally {
      jobGroup.restore();
      GangDesk.remove(attempt);
      if (job != null && !job.isDone()) {
        spark.sc().cancelJobGroup(group);
      }
    }
  }

  private JavaFutureAction<List<RankResult<R>>> submit() {
    ClassTag<RankResult<R>> tag = ClassTag$.MODULE$.apply(RankResult.class);
    List<Integer> partitions = IntStream.range(0, plan.size()).boxed().toList();
    JavaRDD<RankResult<R>> ranks =
        spark
            .parallelize(partitions, plan.size())
            .rdd()
            .barrier()
            .mapPartitions(new RankFunction<>(plan), false, tag)
            .toJavaRDD();
    return ranks.collectAsync();
  }

  private void watch(JavaFutureAction<?> job) throws AttemptFailure, InterruptedException {
    long start = System.nanoTime();
    long failedAt = 0;
    while (!job.isDone() && !isOver(failedAt)) {
      GangEvent event = attempt.events().poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
      if (event != null) {
        told(event);
      }
      if (!failures.isEmpty()) {
        if (failedAt == 0) {
          failedAt = System.nanoTime();
          listener.onLoss();
        }
      } else if (!met) {
        checkRendezvous(System.nanoTime() - start);
      }
    }
    drain();
  }

  private boolean isOver(long failedAt) {
    return primary() != null
        || (!failures.isEmpty() && System.nanoTime() - failedAt > GRACE.toNanos());
  }

  private void drain() throws AttemptFailure {
    for (GangEvent event = attempt.events().poll();
        event != null;
        event = attempt.events().poll()) {
      told(event);
    }
  }

  /** What the listener cannot read or write now it may in the next attempt. */
  private void told(GangEvent event) throws AttemptFailure {
    try {
      handle(event);
    } catch (UncheckedIOException e) {
      throw new AttemptFailure(-1, e.getMessage(), e);
    }
  }

  private void handle(GangEvent event) {
    if (event instanceof GangEvent.Met now) {
      met = true;
      if (plan.attempt().number() == 0) {
        warnOfListeners(now.places());
      } else {
        listener.onRecovery(RecoveryPart.RANKS);
      }
      listener.onAttempt(plan.attempt().number(), now.places());
    } else if (event instanceof GangEvent.Message message) {
      listener.onMessage(message.rank(), (Serializable) Wire.decode(message.payload(), loader));
    } else if (event instanceof GangEvent.Warning warning) {
      warn(warning);
    } else if (event instanceof GangEvent.Failure failure) {
      failures.add(RankFailure.of(failure, loader));
    }
  }

  private void warnOfListeners(List<RankPlace> places) {
    Privacy.of(spark.getConf(), plan.settings().network())
        .warning(places.stream().map(RankPlace::host).toList())
        .ifPresent(LOG::warn);
  }

  /** All who wait for a rank warn at about the same time: one of them is enough. */
  private void warn(GangEvent.Warning warning) {
    long now = System.nanoTime();
    long apart = plan.settings().timeouts().stallWarning().toNanos() / 2;
    if (warnedAt == 0 || now - warnedAt > apart) {
      warnedAt = now;
      listener.onWarning(warning.where() + " waits: " + warning.text());
    }
  }

  private List<R> results(JavaFutureAction<List<RankResult<R>>> job)
      throws AttemptFailure, InterruptedException {
    if (!failures.isEmpty() && !job.isDone()) {
      throw failure(null);
    }
    try {
      return job.get().stream()
          .sorted(Comparator.comparingInt(RankResult::rank))
          .map(RankResult::value)
          .collect(Collectors.toList());
    } catch (ExecutionException e) {
      throw failure(e.getCause());
    }
  }

  private AttemptFailure failure(Throwable sparkCause) {
    RankFailure first = primary();
    if (first == null && sparkCause != null && !SparkReason.isTaskException(sparkCause)) {
      return new AttemptFailure(-1, SparkReason.of(sparkCause), sparkCause);
    }
    if (first == null && (failures.isEmpty() || SparkReason.isCancelled(sparkCause))) {
      return new AttemptFailure(-1, SparkReason.of(sparkCause), sparkCause);
    }
    RankFailure told = first == null ? failures.get(0) : first;
    return new AttemptFailure(told.rank(), told.sentence(), told.cause());
  }

  /** The first failure that is not merely another's consequence, or null. */
  private RankFailure primary() {
    return failures.stream().filter(failure -> !failure.isSecondary()).findFirst().orElse(null);
  }

  private void checkRendezvous(long waitedNanos) throws AttemptFailure {
    Duration deadline = plan.settings().timeouts().connect();
    if (waitedNanos > deadline.toNanos()) {
      throw new AttemptFailure(
          -1,
          "tasks "
              + attempt.missing()
              + " of "
              + plan.size()
              + " did not start within "
              + deadline.toSeconds()
              + " s; other jobs may hold their slots",
          null);
    }
  }
}
