package dev.tessera.spark.inference;

import dev.tessera.models.IoFailure;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** Flat vectors read from a checkpoint. */
public final class StoredWeights {

  private final Checkpoint checkpoint;

  private StoredWeights(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /**
   * Opens a checkpoint, or the newest complete one of a folder of them or of a run directory.
   *
   * @throws UserException if there is none that may be read
   * @throws java.io.UncheckedIOException if another attempt may be able to read it
   */
  public static StoredWeights open(Configuration conf, String path) {
    return new StoredWeights(checkpoint(conf, path));
  }

  /** As {@link #open}, the checkpoint itself. */
  public static Checkpoint checkpoint(Configuration conf, String path) {
    try {
      Path given = new Path(path);
      FileSystem fs = given.getFileSystem(conf);
      if (!fs.exists(given)) {
        throw new UserException(
            path + " does not exist (expected: a checkpoint or a run directory)");
      }
      if (fs.exists(new Path(given, "manifest.json"))) {
        return new CheckpointStore(fs, given.getParent()).open(given);
      }
      Path nested = new Path(given, "checkpoints");
      Path root = fs.exists(nested) ? nested : given;
      return new CheckpointStore(fs, root)
          .newestComplete()
          .orElseThrow(
              () ->
                  new UserException(
                      path
                          + " holds no complete checkpoint (expected: a checkpoint or a run directory)"));
    } catch (IOException e) {
      throw IoFailure.of("Cannot read " + path + ": " + e.getMessage(), e);
    }
  }

  /**
   * A group's vector: {@code parameters}, or {@code ema} for their average.
   *
   * @return owned by the caller
   */
  public NativeTensor group(TorchRuntime runtime, Layout layout, String vector) {
    return load(runtime, layout, new VectorName(vector, layout.group()));
  }

  /** The state vector, owned by the caller. */
  public NativeTensor state(TorchRuntime runtime, Layout layout) {
    return load(runtime, layout, VectorName.state());
  }

  /**
   * A flat vector by what the checkpoint calls it.
   *
   * @param vector {@code parameters}, {@code ema} or another of a group, or {@code state}
   * @return owned by the caller
   */
  public NativeTensor vector(TorchRuntime runtime, Layout layout, String vector) {
    return vector.equals(VectorName.STATE)
        ? state(runtime, layout)
        : group(runtime, layout, vector);
  }

  /** A GPU's vector is read into the host's memory first. */
  private NativeTensor load(TorchRuntime runtime, Layout layout, VectorName vector) {
    if (!runtime.onGpu()) {
      return read(runtime, layout, vector);
    }
    try (TorchRuntime host = TorchRuntime.onCpu();
        NativeTensor copy = read(host, layout, vector)) {
      NativeTensor flat =
          runtime.zeros(dev.tessera.models.graph.DType.FLOAT32, Shape.of(layout.size()));
      for (Layout.Slice slice : layout.slices().values()) {
        flat.upload(copy.memory(slice.offset(), slice.size()), slice.offset(), slice.size());
      }
      return flat;
    }
  }

  private NativeTensor read(TorchRuntime runtime, Layout layout, VectorName vector) {
    NativeTensor flat =
        runtime.zeros(dev.tessera.models.graph.DType.FLOAT32, Shape.of(layout.size()));
    List<NamedTensor> targets = new ArrayList<>();
    for (Layout.Slice slice : layout.slices().values()) {
      targets.add(
          NamedTensor.of(
              vector.of(slice.parameter().name()),
              dev.tessera.models.checkpoint.DType.F32,
              flat.memory(slice.offset(), slice.size()),
              slice.parameter().shape().toArray()));
    }
    try {
      checkpoint.read(targets);
      return flat;
    } catch (IOException e) {
      flat.close();
      throw IoFailure.of("Cannot read " + checkpoint.path() + ": " + e.getMessage(), e);
    }
  }
}
