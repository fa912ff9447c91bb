package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * The header of an IDX file, the format of the MNIST database (LeCun, Cortes, Burges, 1998): two
 * zero bytes, a type (8 is uint8), the number of dimensions, the dimensions as big-endian int32.
 *
 * @param dimensions 1 for labels; count, rows, columns for grey pictures; and 3 for colour
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
record IdxHeader(int[] dimensions) {

  private static final int UINT8 = 8;
  private static final int MAX_SIDE = 1 << 14;

  int count() {
    return dimensions[0];
  }

  /** Bytes of one item. */
  int itemBytes() {
    int bytes = 1;
    for (int i = 1; i < dimensions.length; i++) {
      bytes = Math.multiplyExact(bytes, dimensions[i]);
    }
    return bytes;
  }

  private long fileBytes() {
    return 4L + 4L * dimensions.length + (long) count() * itemBytes();
  }

  /** Reads the header and checks the file's length against it. */
  static IdxHeader check(Configuration conf, Path path, int... ranks) throws IOException {
    try (DataInputStream in = open(conf, path)) {
      IdxHeader header = read(path, in, ranks);
      long expected = header.fileBytes();
      long actual = gzipped(path) ? expected - rest(in, header) : length(conf, path);
      if (actual != expected) {
        throw new InvalidDatasetException(
            String.format(
                Locale.ROOT,
                "%s holds %d bytes where its header says %d: fetch it again",
                path,
                actual,
                expected));
      }
      return header;
    } catch (EOFException | ZipException e) {
      throw new InvalidDatasetException(path + " is truncated or damaged: fetch it again", e);
    }
  }

  static IdxHeader read(Path path, DataInputStream in, int... ranks) throws IOException {
    int magic = in.readInt();
    int rank = magic & 0xff;
    boolean known = Arrays.stream(ranks).anyMatch(r -> r == rank);
    if (magic >>> 8 != UINT8 || !known) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s is not an IDX file of %s (magic number 0x%08x)",
              path,
              ranks[0] == 1 ? "labels" : "pictures",
              magic));
    }
    int[] dimensions = new int[rank];
    for (int i = 0; i < rank; i++) {
      dimensions[i] = in.readInt();
      if (dimensions[i] < 1 || (i > 0 && dimensions[i] > MAX_SIDE)) {
        throw new InvalidDatasetException(
            String.format(
                Locale.ROOT,
                "%s has impossible dimension %d: fetch it again",
                path,
                dimensions[i]));
      }
    }
    if (rank == 4 && dimensions[3] != 3) {
      throw new InvalidDatasetException(path + " has " + dimensions[3] + " channels (expected: 3)");
    }
    return new IdxHeader(dimensions);
  }

  static DataInputStream open(Configuration conf, Path path) throws IOException {
    InputStream in = SourceFiles.fileSystem(conf, path).open(path, 1 << 16);
    try {
      return new DataInputStream(gzipped(path) ? new GZIPInputStream(in, 1 << 16) : in);
    } catch (IOException | RuntimeException e) {
      in.close();
      throw e;
    }
  }

  private static boolean gzipped(Path path) {
    return path.getName().endsWith(".gz");
  }

  private static long length(Configuration conf, Path path) throws IOException {
    return SourceFiles.fileSystem(conf, path).getFileStatus(path).getLen();
  }

  /**
   * Bytes that are missing, negative if there are too many. A gzip file's own word, its last four
   * bytes, is of its last member and modulo 2^32, and padding may follow it: so all is unpacked.
   */
  private static long rest(DataInputStream in, IdxHeader header) throws IOException {
    long rest = (long) header.count() * header.itemBytes();
    byte[] buffer = new byte[1 << 16];
    for (int n = in.read(buffer); n >= 0 && rest >= 0; n = in.read(buffer)) {
      rest -= n;
    }
    return rest;
  }
}
