package dev.tessera.jobs.train;

import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.TokenizerSpec;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;

/**
 * The tokenizer of a diffusion run, kept within the run directory: a run can be sampled wherever it
 * is moved, whatever becomes of the tokenizer's own run.
 */
public final class TokenizerCopy {

  private static final String FOLDER = "tokenizer";

  private TokenizerCopy() {}

  /** Copies the checkpoint at {@code source} into {@code run}, unless it is there. */
  static TokenizerSpec into(Path run, String source, Configuration conf) {
    Path folder = new Path(run, FOLDER);
    try {
      FileSystem target = folder.getFileSystem(conf);
      if (new CheckpointStore(target, folder).newestComplete().isEmpty()) {
        Checkpoint checkpoint = StoredWeights.checkpoint(conf, source);
        Path from = checkpoint.path();
        Path to = new Path(folder, from.getName());
        target.mkdirs(folder);
        FileUtil.copy(from.getFileSystem(conf), from, target, to, false, conf);
      }
      return spec(folder, conf);
    } catch (IOException e) {
      throw new UserException(
          "Cannot copy the tokenizer " + source + " to " + folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * The tokenizer of the run that a checkpoint belongs to.
   *
   * @throws UserException if it is missing
   */
  public static TokenizerSpec of(Checkpoint checkpoint, Configuration conf) {
    Path run = checkpoint.path().getParent().getParent();
    return spec(new Path(run, FOLDER), conf);
  }

  private static TokenizerSpec spec(Path folder, Configuration conf) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, folder.toString());
    return Trained.tokenizer(checkpoint).spec(checkpoint.path().toString());
  }
}
