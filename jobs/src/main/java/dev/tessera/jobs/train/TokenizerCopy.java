package dev.tessera.jobs.train;

import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.graph.Shape;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.TokenizerSpec;
import java.io.IOException;
import java.util.List;
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

  /**
   * The checkpoint that made a run's latents.
   *
   * @throws UserException if it is not known, is gone, or makes other latents
   */
  static Checkpoint source(BoundRun bound, Configuration conf) {
    String data = bound.recipe().data();
    String source = bound.manifest().provenance().get("tokenizer");
    if (source == null) {
      throw new UserException(data + " does not say which tokenizer made it: tokenize again.");
    }
    Checkpoint checkpoint;
    try {
      checkpoint = StoredWeights.checkpoint(conf, source);
    } catch (UserException e) {
      throw new UserException(
          "The tokenizer of " + data + " cannot be read, tokenize again: " + e.getMessage(), e);
    }
    List<Integer> latents = bound.manifest().latents().shape();
    Shape made = Trained.tokenizer(checkpoint).spec(source).model().latentShape();
    if (!made.equals(Shape.of(latents.get(0), latents.get(1), latents.get(2)))) {
      throw new UserException(
          data
              + " holds latents "
              + latents
              + " and its tokenizer "
              + source
              + " makes "
              + made
              + ": tokenize again.");
    }
    return checkpoint;
  }

  /** The copy in {@code run}, made unless it is there. */
  static TokenizerSpec in(Path run, BoundRun bound, Configuration conf) {
    Path folder = new Path(run, FOLDER);
    try {
      FileSystem target = folder.getFileSystem(conf);
      if (new CheckpointStore(target, folder).newestComplete().isEmpty()) {
        Path from = source(bound, conf).path();
        Path to = new Path(folder, from.getName());
        target.mkdirs(folder);
        FileUtil.copy(from.getFileSystem(conf), from, target, to, false, conf);
      }
      return spec(folder, conf);
    } catch (IOException e) {
      throw new UserException("Cannot copy the tokenizer to " + folder + ": " + e.getMessage(), e);
    }
  }

  /**
   * The tokenizer of the run that a checkpoint belongs to.
   *
   * @throws UserException if it is missing
   */
  public static TokenizerSpec of(Checkpoint checkpoint, Configuration conf) {
    Path checkpoints = checkpoint.path().getParent();
    Path run = checkpoints == null ? null : checkpoints.getParent();
    try {
      if (run != null && run.getFileSystem(conf).exists(new Path(run, FOLDER))) {
        return spec(new Path(run, FOLDER), conf);
      }
      throw new UserException(
          checkpoint.path()
              + " has lost its tokenizer (expected: ../../"
              + FOLDER
              + "): name the run directory that it was written in.");
    } catch (IOException e) {
      throw new UserException("Cannot read " + run + ": " + e.getMessage(), e);
    }
  }

  private static TokenizerSpec spec(Path folder, Configuration conf) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, folder.toString());
    return Trained.tokenizer(checkpoint).spec(checkpoint.path().toString());
  }
}
