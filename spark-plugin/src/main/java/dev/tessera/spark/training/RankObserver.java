package dev.tessera.spark.training;

import dev.tessera.models.IoFailure;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.ModelIdentity;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.StateFiles;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingState;
import dev.tessera.spark.barrier.RankContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.Path;

/** What a rank does beside training: rank 0 tells, writes and draws; every rank keeps totals. */
final class RankObserver implements TrainingLoop.Observer, AutoCloseable {

  private static final long REPORT_NANOS = 500_000_000;

  private final Configuration conf;
  private final RankContext context;
  private final TrainingPlan plan;
  private final ModelIdentity model;
  private final CheckpointStore store;
  private final CheckpointStore averages;
  private final Previewer previewer;
  private final List<StepReport> unsent = new ArrayList<>();

  /** Long ago: the first step is told at once. */
  private long lastSent = System.nanoTime() - REPORT_NANOS;

  private long steps;
  private long bytesSent;
  private double communicationSeconds;

  RankObserver(
      TorchRuntime runtime,
      Configuration conf,
      RankContext context,
      TrainingPlan plan,
      ModelIdentity model)
      throws IOException {
    this.conf = conf;
    this.context = context;
    this.plan = plan;
    this.model = model;
    Path root = new Path(plan.checkpoints());
    this.store = new CheckpointStore(root.getFileSystem(conf), root);
    Path beside = new Path(root.getParent(), TrainingPlan.AVERAGES);
    this.averages = new CheckpointStore(root.getFileSystem(conf), beside);
    this.previewer = context.rank() == 0 ? plan.preview().open(plan.table(), runtime, conf) : null;
  }

  @Override
  public void onStep(StepReport report) {
    steps++;
    bytesSent += report.bytesSent();
    communicationSeconds += report.communicationSeconds();
    if (context.rank() == 0) {
      unsent.add(report);
      if (System.nanoTime() - lastSent > REPORT_NANOS) {
        send();
      }
    }
  }

  @Override
  public void onCheckpoint(TrainingState state) {
    context.report(totals());
    if (context.rank() != 0) {
      return;
    }
    send();
    // Before the checkpoint: an attempt that goes on from it would never draw or measure there.
    previewer.draw(state).forEach(context::report);
    PlaceProof.requireOwner(plan, conf);
    try {
      // First too: a run that goes on from the checkpoint has its snapshot.
      StateFiles.writeSnapshot(averages, state, context.attempt(), model);
      String path = StateFiles.write(store, state, context.attempt(), model);
      store.keepLast(plan.keepCheckpoints());
      context.report(new TrainingMessage.CheckpointWritten(path, state.step(), state.images()));
    } catch (UserException e) {
      // Of a folder that cannot be made: wrong before a run, and in the middle of one a disk's end.
      throw new StorageException(e.getMessage(), e);
    } catch (IOException | FSError e) {
      throw IoFailure.ofWriting(
          "Cannot write the checkpoint of " + state.images() + " images to " + plan.checkpoints(),
          room(state)
              + ": free some, keep fewer with output.keep-checkpoints, or go on in another"
              + " output.runs",
          e);
    }
  }

  /** What a checkpoint takes and what there is, in words. */
  private String room(TrainingState state) {
    long bytes = state.tensors().stream().mapToLong(t -> t.memory().capacity()).sum();
    String takes = "it takes " + mebibytes(bytes);
    try {
      long free = store.remaining();
      return takes + ", " + mebibytes(free) + " are free there";
    } catch (IOException e) {
      return takes;
    }
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20));
  }

  private void send() {
    if (!unsent.isEmpty()) {
      context.report(new TrainingMessage.Steps(List.copyOf(unsent)));
      unsent.clear();
    }
    lastSent = System.nanoTime();
  }

  TrainingMessage.Totals finish() {
    if (context.rank() == 0) {
      send();
    }
    return totals();
  }

  private TrainingMessage.Totals totals() {
    long own = (long) plan.schedule().batch() / context.size();
    return new TrainingMessage.Totals(steps, steps * own, bytesSent, communicationSeconds);
  }

  @Override
  public void close() {
    if (previewer != null) {
      previewer.close();
    }
  }
}
