package dev.tessera.spark.table;

import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.lease.Lease;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.models.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkEnv;

/**
 * A small file that the driver has seen and every executor must see too: a path like {@code
 * file:/data} can be read everywhere and be another folder on each host.
 *
 * @param path qualified
 * @param sha256 of its content, or null where only its random name matters
 * @param driver name of the driver's host
 */
public record SharedFile(String path, String sha256, String driver) implements Serializable {

  /** A file whose content must be equal everywhere. */
  public static SharedFile of(Configuration conf, Path file) {
    try {
      return new SharedFile(file.toString(), digest(conf, file), host());
    } catch (IOException e) {
      throw IoFailure.of("Cannot read " + file + " (" + e.getMessage() + ")", e);
    }
  }

  /** A table that executors read. */
  public static SharedFile table(Configuration conf, String table) {
    try {
      return of(conf, ManifestFile.at(conf, table));
    } catch (IOException e) {
      throw IoFailure.of("Cannot read " + table + " (" + e.getMessage() + ")", e);
    }
  }

  /** A checkpoint that executors read. */
  public static SharedFile checkpoint(Configuration conf, Path checkpoint) {
    return of(conf, new Path(checkpoint, "manifest.json"));
  }

  /** A file of a random name, which nobody has by chance. */
  public static SharedFile named(Path file) {
    return new SharedFile(file.toString(), null, host());
  }

  /**
   * Looks for the file in this process.
   *
   * @param who looks, such as {@code rank 2}
   * @throws UserException if it is not there, or another file is
   */
  public void require(Configuration conf, String who) {
    Path file = new Path(path);
    try {
      if (sha256 == null) {
        if (!Patience.ask(() -> file.getFileSystem(conf).exists(file))) {
          throw new FileNotFoundException(path);
        }
      } else if (!Patience.ask(() -> digest(conf, file)).equals(sha256)) {
        throw new UserException(
            who + " on " + host() + " sees another " + path + " than the driver" + wayOut());
      }
    } catch (FileNotFoundException e) {
      throw new UserException(
          who
              + " on "
              + host()
              + " does not see "
              + path
              + ", which is there for the driver"
              + wayOut(),
          e);
    } catch (IOException e) {
      throw IoFailure.of(
          who + " on " + host() + " cannot read " + path + " (" + e.getMessage() + ")", e);
    }
  }

  private String wayOut() {
    return " on "
        + driver
        + ": driver and executors must work on the same files, on hdfs:, s3a:, or a shared folder"
        + " that is mounted at the same place on every host (see it with: tessera doctor PATH).";
  }

  /** This process as messages name it. */
  static String executor() {
    SparkEnv env = SparkEnv.get();
    return env == null ? "this process" : "executor " + env.executorId();
  }

  /** The name of this host. */
  public static String host() {
    return Lease.host();
  }

  private static String digest(Configuration conf, Path file) throws IOException {
    FileSystem fs = file.getFileSystem(conf);
    try (InputStream in = fs.open(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(in.readAllBytes());
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
