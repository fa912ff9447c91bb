package dev.tessera.spark.training;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.ModelIdentity;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {

  @TempDir private java.nio.file.Path folder;

  @Test
  void aRetryGoesOnFromWhatTheLastAttemptStillWrote() throws IOException {
    Configuration conf = new Configuration();
    Path root = new Path(folder.toUri());
    CheckpointStore store = new CheckpointStore(FileSystem.getLocal(conf), root);
    TrainingRun run = new TrainingRun(plan(root), conf);
    assertThat(run.task().resume()).isNull();

    write(store, 64);
    run.prepare();
    // A rank of the cancelled attempt was still at its checkpoint, and keeps one.
    write(store, 128);
    store.keepLast(1);
    assertThat(run.task().resume()).endsWith("step-000000000128");
  }

  @Test
  void whatWasPreparedHoldsWhereNothingHasChanged() throws IOException {
    Configuration conf = new Configuration();
    Path root = new Path(folder.toUri());
    FileSystem files = FileSystem.getLocal(conf);
    write(new CheckpointStore(files, root), 64);
    TrainingRun run = new TrainingRun(plan(root), conf);

    run.prepare();
    // Read again it would be passed over as damaged, and the run refused.
    files.delete(new Path(root, "step-000000000064/manifest.json"), false);
    assertThat(run.task().resume()).endsWith("step-000000000064");
    assertThat(run.newest()).as("what was prepared holds once").isEmpty();
  }

  private static void write(CheckpointStore store, long images) throws IOException {
    ModelIdentity model = new ModelIdentity("abc", "name: x\n");
    store.write(new CheckpointContent(images, images / 8, 0, model, Map.of(), List.of()));
  }

  private static TrainingPlan plan(Path checkpoints) {
    return new TrainingPlan(
        null, null, List.of(), "", "", checkpoints.toString(), 1, null, "", null);
  }
}
