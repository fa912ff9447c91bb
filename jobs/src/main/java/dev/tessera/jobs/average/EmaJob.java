package dev.tessera.jobs.average;

import dev.tessera.datasets.lease.Lease;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointManifest;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorFile;
import dev.tessera.models.checkpoint.TensorMemory;
import dev.tessera.models.checkpoint.TensorSpec;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.PowerProfile;
import dev.tessera.spark.training.TrainingPlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
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
  private static final String NAME = VectorName.AVERAGE;

  /** Parameters that are added up together, of which a file is opened once. */
  private static final long GROUP_BYTES = 64 << 20;

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
   * @param images the average's moment, a snapshot's; empty for the last one's
   * @throws UserException if the run left no snapshot then
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
      List<Checkpoint> snapshots = snapshots(files, root, images.orElse(Long.MAX_VALUE));
      long at = snapshots.get(snapshots.size() - 1).manifest().imagesSeen();
      List<Source> sources = new ArrayList<>();
      for (Checkpoint snapshot : snapshots) {
        sources.addAll(sources(snapshot));
      }
      PostHoc.Average wanted = new PostHoc.Average(at, shape.profile());
      double[] weights = PostHoc.weights(sources.stream().map(Source::average).toList(), wanted);
      Path output = new Path(root, NAME + "-" + deviation);
      int count = (int) sources.stream().map(Source::snapshot).distinct().count();
      try (Lease lease = Lease.acquire(conf, output, "an average")) {
        Path written = write(files, output, sources, weights, at, lease);
        return new Made(written.toString(), at, count);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot average " + run + ": " + e.getMessage(), e);
    }
  }

  /** Up to a moment, which is the last one's: its average has most weight there. Oldest first. */
  private static List<Checkpoint> snapshots(FileSystem files, Path run, long images)
      throws IOException {
    CheckpointStore store = new CheckpointStore(files, new Path(run, TrainingPlan.AVERAGES));
    List<Checkpoint> found = store.complete(images);
    long last = found.isEmpty() ? 0 : found.get(found.size() - 1).manifest().imagesSeen();
    if (last == images || (images == Long.MAX_VALUE && last > 0)) {
      return found;
    }
    List<Long> all =
        store.newestFirst().stream().map(CheckpointStore::imagesSeen).sorted().toList();
    if (all.isEmpty()) {
      throw new UserException(
          run
              + " has no snapshots of averages in "
              + TrainingPlan.AVERAGES
              + " (expected: a run of a recipe with model.ema.type=power-function)");
    }
    long nearest =
        all.stream().min(Comparator.comparingLong(each -> Math.abs(each - images))).orElseThrow();
    throw new UserException(
        "--images: "
            + images
            + " (expected: those of a whole snapshot, the nearest is "
            + nearest
            + ")");
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
      FileSystem files,
      Path output,
      List<Source> sources,
      double[] weights,
      long images,
      Lease lease)
      throws IOException {
    Checkpoint last = sources.get(sources.size() - 1).snapshot();
    List<NamedTensor> sums = new ArrayList<>();
    List<TensorSpec> group = new ArrayList<>();
    long bytes = 0;
    for (TensorSpec spec : last.tensors()) {
      if (VectorName.kindOf(spec.name()).equals(NAME)) {
        group.add(spec);
        bytes += spec.bytes();
      }
      if (bytes >= GROUP_BYTES) {
        sums.addAll(sums(group, sources, weights));
        group.clear();
        bytes = 0;
      }
    }
    sums.addAll(sums(group, sources, weights));
    CheckpointManifest manifest = last.manifest();
    lease.require();
    return new CheckpointStore(files, output)
        .write(
            new CheckpointContent(
                images,
                manifest.step(),
                manifest.attempt(),
                manifest.model(),
                Map.of(),
                List.of(new TensorFile(VectorName.file(NAME), sums))));
  }

  /** Averages of some parameters, added up in float64; each source is opened once. */
  private static List<NamedTensor> sums(
      List<TensorSpec> group, List<Source> sources, double[] weights) throws IOException {
    List<ByteBuffer> read = group.stream().map(EmaJob::memory).toList();
    List<double[]> sums =
        group.stream().map(spec -> new double[Math.toIntExact(spec.elements())]).toList();
    for (int i = 0; i < weights.length; i++) {
      Source source = sources.get(i);
      List<NamedTensor> targets = new ArrayList<>();
      for (int j = 0; j < group.size(); j++) {
        String parameter = group.get(j).name().substring(NAME.length());
        targets.add(tensor(group.get(j), source.name() + parameter, read.get(j)));
      }
      source.snapshot().read(targets);
      for (int j = 0; j < group.size(); j++) {
        FloatBuffer values = read.get(j).asFloatBuffer();
        double[] sum = sums.get(j);
        for (int at = 0; at < sum.length; at++) {
          sum[at] += weights[i] * values.get(at);
        }
      }
    }
    List<NamedTensor> results = new ArrayList<>();
    for (int j = 0; j < group.size(); j++) {
      FloatBuffer rounded = read.get(j).asFloatBuffer();
      for (double each : sums.get(j)) {
        rounded.put((float) each);
      }
      results.add(tensor(group.get(j), group.get(j).name(), read.get(j)));
    }
    return results;
  }

  private static NamedTensor tensor(TensorSpec like, String name, ByteBuffer memory) {
    return new NamedTensor(
        new TensorSpec(name, like.dtype(), like.shape()), TensorMemory.of(memory));
  }

  private static ByteBuffer memory(TensorSpec spec) {
    return ByteBuffer.allocateDirect(Math.toIntExact(spec.bytes())).order(ByteOrder.LITTLE_ENDIAN);
  }
}
