package dev.tessera.spark.training;

import dev.tessera.models.IoFailure;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.CheckpointSurvey;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangListener;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.barrier.RankPlace;
import dev.tessera.spark.barrier.RecoveryPart;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A training run on the driver: a gang whose every attempt goes on from the newest complete
 * checkpoint of the run.
 */
public final class TrainingRun {

  private final TrainingPlan plan;
  private final SerializableConfiguration hadoop;
  private TrainingTask last;
  private int lastAttempt;
  private List<Path> lastListed = List.of();
  private long resumedImages;
  private volatile long written;

  TrainingRun(TrainingPlan plan, Configuration conf) {
    this.plan = plan;
    this.hadoop = new SerializableConfiguration(conf);
  }

  /**
   * Trains to the end of the plan's schedule.
   *
   * @return each rank's totals in the last attempt
   * @throws UserException for a mistake of the user's, before anything is submitted where it can be
   *     known
   */
  public static List<TrainingMessage.Totals> run(
      JavaSparkContext spark, GangSpec gang, TrainingPlan plan, TrainingListener listener) {
    TrainingLoop.requireDivisor(plan.schedule(), gang.ranks());
    TrainingRun run = new TrainingRun(plan, spark.hadoopConfiguration());
    try {
      List<TrainingMessage.Totals> totals = Gang.run(spark, gang, run::task, run.heard(listener));
      PlaceProof.ofEnd(plan, run.newest());
      return totals;
    } finally {
      PlaceProof.clear(plan, spark.hadoopConfiguration());
    }
  }

  /** Asked twice before a retry: what was read the first time holds if the same is there still. */
  TrainingTask task(int attempt) {
    List<Path> there = listed();
    if (last == null || attempt != lastAttempt || !there.equals(lastListed)) {
      last = read();
      lastAttempt = attempt;
      lastListed = there;
    }
    return last;
  }

  private List<Path> listed() {
    try {
      return store().newestFirst();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private CheckpointStore store() throws IOException {
    Path root = new Path(plan.checkpoints());
    return new CheckpointStore(root.getFileSystem(hadoop.value()), root);
  }

  private RuntimeException unreadable(IOException e) {
    return IoFailure.of(
        "Cannot read checkpoints in " + plan.checkpoints() + ": " + e.getMessage(), e);
  }

  private TrainingTask read() {
    Optional<Checkpoint> newest = newest();
    if (newest.isEmpty() && written > 0) {
      throw new UserException(lost("none is there"));
    }
    resumedImages = newest.map(c -> c.manifest().imagesSeen()).orElse(0L);
    written = Math.max(written, resumedImages);
    return new TrainingTask(plan, newest.map(c -> c.path().toString()).orElse(null), hadoop);
  }

  private Optional<Checkpoint> newest() {
    try {
      CheckpointSurvey there = store().survey();
      if (there.newest().isEmpty() && !there.damaged().isEmpty()) {
        throw new UserException(lost(there.reasons()));
      }
      return there.newest();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** Beginning from zero would be no retry but another run. */
  private String lost(String reasons) {
    return "No checkpoint in "
        + plan.checkpoints()
        + " can be read any more ("
        + reasons
        + "): restore one, or begin a new run.";
  }

  private GangListener heard(TrainingListener listener) {
    return new GangListener() {
      @Override
      public long kept() {
        return written;
      }

      @Override
      public void onWarning(String sentence) {
        listener.onWarning(sentence);
      }

      @Override
      public void onWaiting(String sentence) {
        listener.onWaiting(sentence);
      }

      @Override
      public void onLoss() {
        listener.onLoss();
      }

      @Override
      public void onRecovery(RecoveryPart over) {
        listener.onRecovery(over);
      }

      @Override
      public void onAttempt(int attempt, List<RankPlace> places) {
        listener.onAttempt(attempt, places, resumedImages);
      }

      @Override
      public void onMessage(int rank, Serializable message) {
        if (message instanceof TrainingMessage.CheckpointWritten checkpoint) {
          written = Math.max(written, checkpoint.images());
        }
        if (message instanceof TrainingMessage.Placed placed) {
          PlaceProof.ofDriver(plan, placed, hadoop.value());
        } else if (message instanceof TrainingMessage told) {
          listener.onMessage(rank, told);
        }
      }

      @Override
      public void onRetry(int nextAttempt, String failure) {
        listener.onRetry(nextAttempt, failure);
      }
    };
  }
}
