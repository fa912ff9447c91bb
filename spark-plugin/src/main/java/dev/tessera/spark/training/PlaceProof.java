package dev.tessera.spark.training;

import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.PlainFileSystem;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.spark.barrier.RankContext;
import dev.tessera.spark.table.Patience;
import dev.tessera.spark.table.SharedFile;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Proves that driver and ranks work on the same files: every rank finds what the driver has
 * written, and the driver finds what rank 0 has. Without that a run's checkpoints may end on an
 * executor's disk, where nobody looks for them.
 */
final class PlaceProof {

  private static final Logger LOG = LoggerFactory.getLogger(PlaceProof.class);
  private static final String NAME = ".rank-0-";

  private PlaceProof() {}

  /** Before a rank does anything else. */
  static void ofRank(TrainingPlan plan, Configuration conf, RankContext context) {
    plan.shared().forEach(file -> file.require(conf, "rank " + context.rank()));
    if (context.rank() != 0) {
      return;
    }
    Path run = new Path(plan.checkpoints()).getParent();
    Path file = new Path(run, NAME + UUID.randomUUID());
    try {
      Patience.ask(() -> made(file, conf));
    } catch (IOException e) {
      throw IoFailure.of(
          "rank 0 on "
              + SharedFile.host()
              + " cannot write to "
              + run
              + " ("
              + e.getMessage()
              + ")",
          e);
    }
    context.report(new TrainingMessage.Placed(file.toString(), SharedFile.host()));
  }

  /** Overwriting: a try whose answer was lost may have made it. */
  private static Path made(Path file, Configuration conf) throws IOException {
    PlainFileSystem.of(file.getFileSystem(conf)).create(file, true).close();
    return file;
  }

  /** When the driver hears of rank 0's file. */
  static void ofDriver(TrainingPlan plan, TrainingMessage.Placed placed, Configuration conf) {
    Path file = new Path(placed.path());
    try {
      FileSystem fs = PlainFileSystem.of(file.getFileSystem(conf));
      if (Patience.ask(() -> fs.exists(file))) {
        clear(plan, conf);
        return;
      }
    } catch (IOException e) {
      throw IoFailure.of("Cannot look for " + file + " (" + e.getMessage() + ")", e);
    }
    throw new UserException(
        "The driver on "
            + SharedFile.host()
            + " does not see what rank 0 on "
            + placed.host()
            + " wrote to "
            + file.getParent()
            + ": set output.runs to a folder on hdfs:, s3a:, or one that is mounted at the same place"
            + " on every host.");
  }

  /**
   * Removes rank 0's files, those of attempts among them that died before the driver heard of them.
   * The driver's, while it owns the run: after that they are those of another's rank 0.
   */
  static void clear(TrainingPlan plan, Configuration conf) {
    Path run = new Path(plan.checkpoints()).getParent();
    try {
      if (!isOwned(plan, conf)) {
        return;
      }
      FileSystem fs = PlainFileSystem.of(run.getFileSystem(conf));
      for (FileStatus entry : Patience.ask(() -> fs.listStatus(run))) {
        if (entry.getPath().getName().startsWith(NAME)) {
          fs.delete(entry.getPath(), false);
        }
      }
    } catch (IOException e) {
      LOG.debug("Cannot remove {}* in {}: the next attempt does", NAME, run, e);
    }
  }

  /**
   * Before a checkpoint is written: a driver that was stopped for long may have lost its run.
   *
   * @throws UserException if another owns the run now
   */
  static void requireOwner(TrainingPlan plan, Configuration conf) {
    Path owner = new Path(plan.owner());
    try {
      if (isOwned(plan, conf)) {
        return;
      }
    } catch (IOException e) {
      throw IoFailure.of("Cannot look for " + owner + " (" + e.getMessage() + ")", e);
    }
    throw new UserException(
        "This run does not own "
            + new Path(plan.checkpoints()).getParent()
            + " any more, so it writes no checkpoint there: its claim "
            + owner.getName()
            + " is gone.");
  }

  private static boolean isOwned(TrainingPlan plan, Configuration conf) throws IOException {
    Path owner = new Path(plan.owner());
    return Patience.ask(() -> owner.getFileSystem(conf).exists(owner));
  }

  /**
   * At the end.
   *
   * @throws UserException if the driver cannot read the checkpoint that the ranks wrote last
   */
  static void ofEnd(TrainingPlan plan, Optional<Checkpoint> newest) {
    long images = newest.map(checkpoint -> checkpoint.manifest().imagesSeen()).orElse(-1L);
    if (images < plan.schedule().images()) {
      throw new UserException(
          "The ranks have trained to "
              + plan.schedule().images()
              + " images and the driver on "
              + SharedFile.host()
              + " finds "
              + (images < 0 ? "no whole checkpoint" : "only that of " + images + " images")
              + " in "
              + plan.checkpoints()
              + ": look for it on the host of rank 0 (ranks.json), and set output.runs to a folder"
              + " that driver and executors share.");
    }
  }
}
