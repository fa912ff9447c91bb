package dev.tessera.jobs.evaluate;

import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.IoFailure;
import dev.tessera.models.UserException;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.VectorName;
import dev.tessera.spark.inference.FeatureSource;
import dev.tessera.spark.inference.StoredWeights;
import java.io.IOException;
import java.io.InputStream;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** The networks of a request, as tasks find them. */
final class Sources {

  private static final int WINDOW = 1 << 20;

  private Sources() {}

  /** Where features come from; null if the request names nothing. */
  static FeatureSource features(Configuration conf, EvaluateRequest request) {
    if (request.features().isPresent()) {
      return network(
          conf, request.features().get(), request.settings(), request.settings().flags());
    }
    return request.tokenizer().map(path -> encoder(conf, path)).orElse(null);
  }

  /** The classifier; null if the request names none. */
  static FeatureSource.Network classifier(Configuration conf, EvaluateRequest request) {
    EvaluateSettings settings = request.settings();
    return request
        .classifier()
        .map(file -> network(conf, file, settings, settings.classifierFlags()))
        .orElse(null);
  }

  private static FeatureSource.Network network(
      Configuration conf, String file, EvaluateSettings settings, List<Boolean> flags) {
    Path path = QualifiedPath.of(conf, file);
    return new FeatureSource.Network(
        path.toString(),
        checksum(conf, file, path),
        settings.range(),
        settings.size(),
        settings.resize(),
        flags);
  }

  /** Of the file's length and bytes. */
  private static String checksum(Configuration conf, String file, Path path) {
    CRC32C crc = new CRC32C();
    long length = 0;
    try {
      FileSystem fs = path.getFileSystem(conf);
      if (!fs.exists(path) || fs.getFileStatus(path).isDirectory()) {
        throw new UserException(
            file + " is no file (expected: a TorchScript network, as torch.jit.save writes it)");
      }
      try (InputStream in = fs.open(path)) {
        byte[] window = new byte[WINDOW];
        for (int n = in.read(window); n >= 0; n = in.read(window)) {
          crc.update(window, 0, n);
          length += n;
        }
      }
    } catch (IOException e) {
      throw IoFailure.of("Cannot read " + file + ": " + e.getMessage(), e);
    }
    return length + "-" + HexFormat.of().toHexDigits((int) crc.getValue());
  }

  private static FeatureSource encoder(Configuration conf, String path) {
    Checkpoint checkpoint = StoredWeights.checkpoint(conf, path);
    Trained.TrainedTokenizer trained = Trained.tokenizer(checkpoint);
    String checksum =
        checkpoint.manifest().files().stream()
            .filter(file -> file.name().equals(VectorName.file(VectorName.PARAMETERS)))
            .map(file -> file.bytes() + "-" + HexFormat.of().toHexDigits(file.crc32c()))
            .findFirst()
            .orElseThrow(() -> new UserException(path + " holds no parameters"));
    return new FeatureSource.Encoder(
        trained.spec(QualifiedPath.of(conf, checkpoint.path().toString()).toString()), checksum);
  }
}
