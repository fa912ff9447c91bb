package dev.tessera.jobs.evaluate;

import dev.tessera.datasets.lease.OwnedFile;
import dev.tessera.models.IoFailure;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.SafetensorsReader;
import dev.tessera.models.checkpoint.SafetensorsWriter;
import dev.tessera.models.checkpoint.TensorMemory;
import dev.tessera.models.checkpoint.TensorSpec;
import dev.tessera.models.evaluation.FeatureMoments;
import dev.tessera.spark.inference.PictureStatistics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Statistics of a reference in a safetensors file: {@code mean} F64 [d], {@code covariance} F64 [d,
 * d] (unbiased), {@code features} F32 [k, d] of some of the pictures, and in the metadata {@code
 * pictures} and {@code source}, the features' fingerprint. A file of somebody else's needs the
 * first two tensors alone.
 */
final class StatisticsFile {

  private static final String MEAN = "mean";
  private static final String COVARIANCE = "covariance";
  private static final String FEATURES = "features";
  private static final String PICTURES = "pictures";
  private static final String SOURCE = "source";

  /** The greatest dimension whose covariance is a Java array. */
  private static final int MOST = 46_340;

  private StatisticsFile() {}

  /** Refuses a path that {@link #write} would refuse. */
  static Path target(Configuration conf, String file) {
    try {
      Path target = new Path(file);
      FileSystem fs = target.getFileSystem(conf);
      if (fs.exists(target)) {
        throw new UserException(file + " exists: choose another --save-statistics or remove it.");
      }
      Path folder = fs.makeQualified(target).getParent();
      if (folder == null || !fs.exists(folder)) {
        throw new UserException(
            "Cannot write " + file + ": its folder does not exist; make it first.");
      }
      return target;
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  /** Writes a new file, whole or not at all. */
  static void write(
      Configuration conf, String file, PictureStatistics statistics, String fingerprint) {
    Path target = target(conf, file);
    FeatureMoments moments = statistics.moments().orElseThrow();
    try {
      OwnedFile.write(
          conf,
          target.getFileSystem(conf).makeQualified(target),
          "statistics",
          out ->
              SafetensorsWriter.write(
                  Channels.newChannel(out),
                  Map.of(PICTURES, Long.toString(moments.count()), SOURCE, fingerprint),
                  tensors(moments, statistics.kept())));
    } catch (IOException e) {
      throw IoFailure.of("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static List<NamedTensor> tensors(FeatureMoments moments, float[] kept) {
    int d = moments.dimensions();
    List<NamedTensor> tensors = new ArrayList<>();
    tensors.add(NamedTensor.of(MEAN, DType.F64, bytes(moments.mean()), d));
    tensors.add(NamedTensor.of(COVARIANCE, DType.F64, bytes(moments.covariance()), d, d));
    if (kept.length > 0) {
      ByteBuffer memory = buffer((long) kept.length * Float.BYTES);
      memory.asFloatBuffer().put(kept);
      tensors.add(NamedTensor.of(FEATURES, DType.F32, memory, kept.length / d, d));
    }
    return tensors;
  }

  private static ByteBuffer bytes(double[] values) {
    ByteBuffer memory = buffer((long) values.length * Double.BYTES);
    memory.asDoubleBuffer().put(values);
    return memory;
  }

  private static ByteBuffer buffer(long bytes) {
    return ByteBuffer.allocate(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a file.
   *
   * @param fingerprint of the features that will be compared with it
   * @throws UserException if it is none of statistics, or was made with other features
   */
  static PictureStatistics read(Configuration conf, String file, String fingerprint) {
    try {
      Path path = new Path(file);
      FileSystem fs = path.getFileSystem(conf);
      if (!fs.exists(path)) {
        throw new UserException(
            file + " does not exist (expected: a file written by --save-statistics)");
      }
      try (SafetensorsReader reader = SafetensorsReader.open(fs, path)) {
        String made = reader.metadata().getOrDefault(SOURCE, fingerprint);
        if (!made.equals(fingerprint)) {
          throw new UserException(
              file
                  + " was made with other features, "
                  + made
                  + " and not "
                  + fingerprint
                  + ": give the network and input keys that it was made with.");
        }
        return read(file, reader);
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException("Cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static PictureStatistics read(String file, SafetensorsReader reader) throws IOException {
    TensorSpec mean = spec(file, reader, MEAN, DType.F64, 1);
    long d = mean.shape().get(0);
    TensorSpec covariance = spec(file, reader, COVARIANCE, DType.F64, 2);
    if (d > MOST || !covariance.shape().equals(List.of(d, d))) {
      throw new UserException(
          file
              + ": covariance is "
              + covariance.describe()
              + " (expected: ["
              + d
              + ", "
              + d
              + "], as the mean has "
              + d
              + " features)");
    }
    // Who does not say how many had enough of them.
    long pictures = Long.parseLong(reader.metadata().getOrDefault(PICTURES, Long.toString(d + 1)));
    FeatureMoments moments =
        FeatureMoments.of(pictures, doubles(reader, mean), doubles(reader, covariance));
    return new PictureStatistics(pictures, moments, features(file, reader, d), null, null);
  }

  private static float[] features(String file, SafetensorsReader reader, long d)
      throws IOException {
    Optional<TensorSpec> stored =
        reader.tensors().stream().filter(t -> t.name().equals(FEATURES)).findFirst();
    if (stored.isEmpty()) {
      return new float[0];
    }
    TensorSpec spec = spec(file, reader, FEATURES, DType.F32, 2);
    if (spec.shape().get(1) != d) {
      throw new UserException(
          file + ": features is " + spec.describe() + " (expected: [.., " + d + "])");
    }
    ByteBuffer memory = buffer(spec.bytes());
    reader.read(FEATURES, TensorMemory.of(memory));
    float[] values = new float[memory.capacity() / Float.BYTES];
    memory.clear().asFloatBuffer().get(values);
    return values;
  }

  private static TensorSpec spec(
      String file, SafetensorsReader reader, String name, DType type, int rank) {
    TensorSpec spec =
        reader.tensors().stream()
            .filter(t -> t.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        file
                            + " has no tensor "
                            + name
                            + " (expected: a file written by --save-statistics)"));
    if (spec.dtype() != type || spec.shape().size() != rank) {
      throw new UserException(
          file
              + ": "
              + name
              + " is "
              + spec.describe()
              + " (expected: "
              + type
              + ", rank "
              + rank
              + ")");
    }
    return spec;
  }

  private static double[] doubles(SafetensorsReader reader, TensorSpec spec) throws IOException {
    ByteBuffer memory = buffer(spec.bytes());
    reader.read(spec.name(), TensorMemory.of(memory));
    double[] values = new double[memory.capacity() / Double.BYTES];
    memory.clear().asDoubleBuffer().get(values);
    return values;
  }
}
