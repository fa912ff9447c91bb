package dev.tessera.jobs.average;

import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointManifest;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorFile;
import dev.tessera.models.checkpoint.TensorSpec;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.PowerProfile;
import dev.tessera.spark.training.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Snapshots of a run's averages to one average of another length, as a checkpoint of it alone. */
public final class EmaJob {

  /** The average that samples are drawn with. */
  private static final String NAME = "ema";

  private final Configuration conf;

  public EmaJob(Configuration conf) {
    this.conf = conf;
  }

  /**
   * What was made.
   *
   * @param checkpoint its path; other commands take it as a checkpoint
   * @param images at the average's moment
   * @param snapshots how many the average was made from
   */
  public record Made(String checkpoint, long images, int snapshots) {

    String line() {
      return String.format(
          Locale.ROOT, "ema  %s  at %,d images, from %d snapshots", checkpoint, images, snapshots);
    }
  }

  /** A stored average: one of the averages of a snapshot. */
  private record Source(Checkpoint snapshot, String name, PostHoc.Average average) {}

  /**
   * @param images the average's moment; empty for the last snapshot's
   * @throws UserException if the run left no snapshots up to then
   */
  public Made run(String run, double deviation, Optional<Long> images) {
    PostHoc.Average shape;
    try {
      shape = new PostHoc.Average(1, PowerProfile.ofDeviation(deviation));
    } catch (IllegalArgumentException e) {
      throw new UserException("--" + e.getMessage(), e);
    }
    try {
      Path root = new Path(run);
      FileSystem files = root.getFileSystem(conf);
      if (!files.exists(root)) {
        throw new UserException("--run: " + run + " does not exist (expected: a run directory)");
      }
      List<Checkpoint> snapshots = snapshots(files, root);
      long last = snapshots.get(snapshots.size() - 1).manifest().imagesSeen();
      long at = images.orElse(last);
      if (at < 1 || at > last) {
        throw new UserException(
            String.format(
                Locale.ROOT,
                "--images: %d (expected: 1 to %d, the last snapshot's of %s)",
                at,
                last,
                run));
      }
      List<Source> sources = new ArrayList<>();
      for (Checkpoint snapshot : snapshots) {
        if (snapshot.manifest().imagesSeen() <= at) {
          sources.addAll(sources(snapshot));
        }
      }
      if (sources.isEmpty()) {
        throw new UserException(
            "--images: "
                + at
                + " (expected: at least "
                + snapshots.get(0).manifest().imagesSeen()
                + ", the first snapshot's of "
                + run
                + ")");
      }
      long nearest = sources.get(sources.size() - 1).average().images();
      if (nearest != at) {
        // Its weight is greatest at its own moment, where no snapshot before has any.
        throw new UserException(
            "--images: "
                + at
                + " (expected: a snapshot's images, the nearest before is "
                + nearest
                + ")");
      }
      PostHoc.Average wanted = new PostHoc.Average(at, shape.profile());
      double[] weights = PostHoc.weights(sources.stream().map(Source::average).toList(), wanted);
      Path output = new Path(root, NAME + "-" + deviation);
      Path written = write(files, output, sources, weights, at);
      return new Made(
          written.toString(), at, (int) sources.stream().map(Source::snapshot).distinct().count());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot average " + run + ": " + e.getMessage(), e);
    }
  }

  /** Oldest first. */
  private static List<Checkpoint> snapshots(FileSystem files, Path run) throws IOException {
    Path folder = new Path(run, TrainingPlan.AVERAGES);
    CheckpointStore store = new CheckpointStore(files, folder);
    List<Checkpoint> found = new ArrayList<>();
    for (Path path : store.newestFirst()) {
      found.add(0, store.open(path));
    }
    if (found.isEmpty()) {
      throw new UserException(
          run
              + " has no snapshots of averages in "
              + TrainingPlan.AVERAGES
              + " (expected: a run of a recipe with model.ema.type=power-function)");
    }
    return found;
  }

  private static List<Source> sources(Checkpoint snapshot) {
    EmaRecipe ema = Trained.diffusion(snapshot).recipe().model().ema();
    if (!(ema instanceof EmaRecipe.PowerFunction power)) {
      throw new UserException(
          snapshot.path() + " is of a recipe whose model.ema is not a power function");
    }
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < power.names().size(); i++) {
      PostHoc.Average average =
          new PostHoc.Average(snapshot.manifest().imagesSeen(), power.profile(i));
      sources.add(new Source(snapshot, power.names().get(i), average));
    }
    return sources;
  }

  private static Path write(
      FileSystem files, Path output, List<Source> sources, double[] weights, long images)
      throws IOException {
    Checkpoint last = sources.get(sources.size() - 1).snapshot();
    List<NamedTensor> sums = new ArrayList<>();
    for (TensorSpec spec : last.tensors()) {
      if (spec.name().startsWith(NAME + "/")) {
        sums.add(sum(spec, sources, weights));
      }
    }
    CheckpointManifest manifest = last.manifest();
    return new CheckpointStore(files, output)
        .write(
            new CheckpointContent(
                images,
                manifest.step(),
                manifest.attempt(),
                manifest.model(),
                Map.of(),
                List.of(new TensorFile(NAME + ".safetensors", sums))));
  }

  /** One parameter's average, added up in float64. */
  private static NamedTensor sum(TensorSpec spec, List<Source> sources, double[] weights)
      throws IOException {
    double[] sum = new double[Math.toIntExact(spec.elements())];
    ByteBuffer memory = memory(spec);
    FloatBuffer values = memory.asFloatBuffer();
    long[] shape = spec.shape().stream().mapToLong(Long::longValue).toArray();
    String parameter = spec.name().substring(NAME.length());
    for (int i = 0; i < weights.length; i++) {
      Source source = sources.get(i);
      source
          .snapshot()
          .read(List.of(NamedTensor.of(source.name() + parameter, spec.dtype(), memory, shape)));
      for (int at = 0; at < sum.length; at++) {
        sum[at] += weights[i] * values.get(at);
      }
    }
    ByteBuffer result = memory(spec);
    FloatBuffer rounded = result.asFloatBuffer();
    for (double each : sum) {
      rounded.put((float) each);
    }
    return NamedTensor.of(spec.name(), spec.dtype(), result, shape);
  }

  private static ByteBuffer memory(TensorSpec spec) {
    return ByteBuffer.allocateDirect(Math.toIntExact(spec.bytes())).order(ByteOrder.LITTLE_ENDIAN);
  }
}
