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
import dev.tessera.spark.barrier.GangTasks;
import dev.tessera.spark.barrier.RankPlace;
import dev.tessera.spark.barrier.RankTask;
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
  private Prepared prepared;
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
      List<TrainingMessage.Totals> totals = Gang.run(spark, gang, run.tasks(), run.heard(listener));
      PlaceProof.ofEnd(plan, run.newest());
      return totals;
    } finally {
      PlaceProof.clear(plan, spark.hadoopConfiguration());
    }
  }

  private GangTasks<TrainingMessage.Totals> tasks() {
    return new GangTasks<>() {
      @Override
      public RankTask<TrainingMessage.Totals> of(int attempt) {
        return task();
      }

      @Override
      public void prepare(int attempt) {
        TrainingRun.this.prepare();
      }
    };
  }

  void prepare() {
    prepared = read();
  }

  /** What was prepared holds if the same checkpoints are there still. */
  TrainingTask task() {
    Prepared early = prepared;
    prepared = null;
    Prepared now = early != null && early.listed().equals(listed()) ? early : read();
    resumedImages = now.images();
    written = Math.max(written, resumedImages);
    return now.task();
  }

  /** A task, and the checkpoints that stood there when it was made. */
  private record Prepared(List<Path> listed, long images, TrainingTask task) {}

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

  private Prepared read() {
    List<Path> there = listed();
    Optional<Checkpoint> newest = newest();
    if (newest.isEmpty() && written > 0) {
      throw new UserException(lost("none is there"));
    }
    return new Prepared(
        there,
        newest.map(c -> c.manifest().imagesSeen()).orElse(0L),
        new TrainingTask(plan, newest.map(c -> c.path().toString()).orElse(null), hadoop));
  }

  /**
   * Once more where checkpoints came and went meanwhile: a rank of the last attempt still writes.
   */
  private CheckpointSurvey survey() throws IOException {
    CheckpointStore store = store();
    List<Path> before = store.newestFirst();
    CheckpointSurvey survey = store.survey();
    return survey.newest().isPresent() || before.equals(store.newestFirst())
        ? survey
        : store.survey();
  }

  Optional<Checkpoint> newest() {
    try {
      CheckpointSurvey there = survey();
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
