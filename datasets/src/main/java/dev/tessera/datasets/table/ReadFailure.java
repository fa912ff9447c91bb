package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Whose fault a failed read of a table is. Parquet answers damage and a lost connection with the
 * same exceptions, so the file itself is asked: one that is byte for byte what its manifest says
 * has no damage, and reading it again may succeed.
 */
final class ReadFailure {

  private ReadFailure() {}

  /**
   * @param file the one being read, or null before the first
   */
  static RuntimeException of(Configuration conf, String table, TableFile file, Exception e) {
    if (e instanceof InvalidDatasetException invalid) {
      return invalid;
    }
    String what = "Cannot read " + table + (file == null ? "" : "/" + file.path());
    IOException io = inputOutput(e);
    if (io != null
        && !IoFailure.lasts(io)
        && (file == null || mayBeWhole(conf, new Path(table, file.path()), file))) {
      return new UncheckedIOException(what + " (" + io.getMessage() + ")", io);
    }
    return new InvalidDatasetException(
        what + " (" + e.getMessage() + "): write the table again", e);
  }

  private static IOException inputOutput(Throwable thrown) {
    for (Throwable e = thrown; e != null; e = e.getCause()) {
      if (e instanceof IOException io) {
        return io;
      }
    }
    return null;
  }

  /** False only if the file was read and is another than the one written. */
  private static boolean mayBeWhole(Configuration conf, Path path, TableFile file) {
    try {
      FileSystem fs = path.getFileSystem(conf);
      if (fs.getFileStatus(path).getLen() != file.bytes()) {
        return false;
      }
      MessageDigest digest = ContentChecksum.sha256();
      try (InputStream in = new DigestInputStream(fs.open(path), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest()).equals(file.sha256());
    } catch (IOException e) {
      return !IoFailure.lasts(e);
    }
  }
}
