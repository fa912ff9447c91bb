package dev.tessera.jobs.train;

import dev.tessera.datasets.PlainFileSystem;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointManifest;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.graph.Shape;
import dev.tessera.spark.inference.StoredWeights;
import dev.tessera.spark.inference.TokenizerSpec;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;

/**
 * The tokenizer of a diffusion run, kept within the run directory: a run can be sampled wherever it
 * is moved, whatever becomes of the tokenizer's own run.
 */
public final class TokenizerCopy {

  /** Of a table's provenance: the checkpoint that made it, where it was then. */
  public static final String PLACE = "tokenizer";

  /** Of a table's provenance: {@link #checksum} of the checkpoint. */
  public static final String CHECKSUM = "tokenizer-checksum";

  private static final String FOLDER = "tokenizer";

  private TokenizerCopy() {}

  /**
   * The checkpoint that made a run's latents.
   *
   * @throws UserException if it is not known, is gone, or makes other latents
   */
  static Checkpoint source(BoundRun bound, Configuration conf) {
    String data = bound.recipe().data();
    String source = place(bound, conf);
    Checkpoint checkpoint;
    try {
      checkpoint = StoredWeights.checkpoint(conf, source);
    } catch (UserException e) {
      throw new UserException(
          "The tokenizer of "
              + data
              + " cannot be read, say where it is now with tokenizer=RUN or tokenize again: "
              + e.getMessage(),
          e);
    }
    String made = bound.manifest().provenance().get(CHECKSUM);
    String found = checksum(checkpoint);
    if (made != null && !made.equals(found)) {
      throw new UserException(
          source
              + " is not the tokenizer that made "
              + data
              + " (its weights have the checksum "
              + found
              + " and not "
              + made
              + "): name that one with tokenizer=RUN, or tokenize again.");
    }
    List<Integer> latents = bound.manifest().latents().shape();
    Shape shape = Trained.tokenizer(checkpoint).spec(source).model().latentShape();
    if (!shape.equals(Shape.of(latents.get(0), latents.get(1), latents.get(2)))) {
      throw new UserException(
          data
              + " holds latents "
              + latents
              + " and its tokenizer "
              + source
              + " makes "
              + shape
              + ": tokenize again.");
    }
    return checkpoint;
  }

  /** What the recipe names, else the copy in the table, else where the tokenizer was. */
  private static String place(BoundRun bound, Configuration conf) {
    Optional<String> named = bound.recipe().tokenizer();
    if (named.isPresent()) {
      return QualifiedPath.of(conf, named.get()).toString();
    }
    String data = bound.recipe().data();
    Path copy = new Path(QualifiedPath.of(conf, data), TableOutput.TOKENIZER);
    try {
      if (copy.getFileSystem(conf).exists(copy)) {
        return copy.toString();
      }
    } catch (IOException e) {
      throw new UserException("Cannot read " + copy + ": " + e.getMessage(), e);
    }
    String source = bound.manifest().provenance().get(PLACE);
    if (source == null) {
      throw new UserException(
          data
              + " does not say which tokenizer made it: name it with tokenizer=RUN, or tokenize"
              + " again.");
    }
    return source;
  }

  /** Tells the weights of one tokenizer from another's, wherever they lie. */
  public static String checksum(Checkpoint checkpoint) {
    return checkpoint.manifest().files().stream()
        .filter(file -> file.name().matches("(parameters|state)\\..*"))
        .sorted(Comparator.comparing(CheckpointManifest.StoredFile::name))
        .map(file -> String.format(Locale.ROOT, "%08x", file.crc32c()))
        .collect(Collectors.joining("-"));
  }

  /**
   * Puts a copy of a tokenizer's checkpoint into a folder, which is made.
   *
   * @throws UserException if it cannot be written
   */
  public static void put(Checkpoint tokenizer, String folder, Configuration conf) {
    Path to = new Path(folder);
    try {
      Path from = tokenizer.path();
      FileSystem target = PlainFileSystem.of(to.getFileSystem(conf));
      target.mkdirs(to);
      FileUtil.copy(
          from.getFileSystem(conf), from, target, new Path(to, from.getName()), false, conf);
    } catch (IOException e) {
      throw new UserException("Cannot copy the tokenizer to " + to + ": " + e.getMessage(), e);
    }
  }

  /** The copy in {@code run}, made unless it is there. */
  static TokenizerSpec in(Path run, BoundRun bound, Configuration conf) {
    Path folder = new Path(run, FOLDER);
    try {
      FileSystem target = folder.getFileSystem(conf);
      if (new CheckpointStore(target, folder).newestComplete().isEmpty()) {
        put(source(bound, conf), folder.toString(), conf);
      }
      return spec(folder, conf);
    } catch (IOException e) {
      throw new UserException("Cannot read " + folder + ": " + e.getMessage(), e);
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
