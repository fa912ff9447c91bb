package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.PlainFileSystem;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/**
 * A table's file of which no byte is handed out that is not the one written: each block is compared
 * with the manifest's checksum before anything of it is used. Files of older tables, whose
 * manifests have no checksums of blocks, are read once as a whole first.
 */
final class VerifiedFile implements InputFile {

  private final FileSystem fs;
  private final Path path;
  private final TableFile file;
  private final int[] sums;

  private VerifiedFile(FileSystem fs, Path path, TableFile file, int[] sums) {
    this.fs = fs;
    this.path = path;
    this.file = file;
    this.sums = sums;
  }

  /**
   * @throws InvalidDatasetException if it is another file than its manifest says
   */
  static VerifiedFile open(Configuration conf, String table, TableFile file) throws IOException {
    Path path = new Path(table, file.path());
    FileSystem fs = PlainFileSystem.of(path.getFileSystem(conf));
    long length = fs.getFileStatus(path).getLen();
    if (length != file.bytes()) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "%s is damaged (%d bytes, and its manifest says %d): write the table again",
              path,
              length,
              file.bytes()));
    }
    if (file.blocks() == null) {
      requireWhole(fs, path, file);
      return new VerifiedFile(fs, path, file, null);
    }
    return new VerifiedFile(fs, path, file, BlockChecksums.read(file.blocks(), file.bytes()));
  }

  private static void requireWhole(FileSystem fs, Path path, TableFile file) throws IOException {
    MessageDigest digest = ContentChecksum.sha256();
    try (InputStream in = new DigestInputStream(fs.open(path), digest)) {
      byte[] buffer = new byte[BlockChecksums.BLOCK];
      while (in.read(buffer) >= 0) {
        // The digest reads along.
      }
    }
    if (!HexFormat.of().formatHex(digest.digest()).equals(file.sha256())) {
      throw damaged(path, "its SHA-256 is not its manifest's");
    }
  }

  private static InvalidDatasetException damaged(Path path, String what) {
    return new InvalidDatasetException(path + " is damaged (" + what + "): write the table again");
  }

  @Override
  public long getLength() {
    return file.bytes();
  }

  @Override
  public SeekableInputStream newStream() throws IOException {
    return new Blocks(fs.open(path));
  }

  @Override
  public String toString() {
    return path.toString();
  }

  private final class Blocks extends SeekableInputStream {

    private final FSDataInputStream in;
    private final byte[] block = new byte[(int) Math.min(BlockChecksums.BLOCK, file.bytes())];
    private long loaded = -1;
    private long position;

    Blocks(FSDataInputStream in) {
      this.in = in;
    }

    @Override
    public long getPos() {
      return position;
    }

    @Override
    public void seek(long target) {
      position = target;
    }

    /** Bytes from the position to the end of its block, which is loaded; 0 at the end. */
    private int load() throws IOException {
      if (position >= file.bytes()) {
        return 0;
      }
      long number = position / BlockChecksums.BLOCK;
      long start = number * BlockChecksums.BLOCK;
      int length = (int) Math.min(BlockChecksums.BLOCK, file.bytes() - start);
      if (number != loaded) {
        loaded = -1;
        if (in.getPos() != start) {
          in.seek(start);
        }
        in.readFully(block, 0, length);
        verify(number, start, block, 0, length);
        loaded = number;
      }
      return (int) (start + length - position);
    }

    /** Reads and verifies a whole block where it is wanted, without a copy; false if it is none. */
    private boolean readWhole(ByteBuffer target) throws IOException {
      long number = position / BlockChecksums.BLOCK;
      int length = (int) Math.min(BlockChecksums.BLOCK, file.bytes() - position);
      if (position % BlockChecksums.BLOCK != 0
          || length <= 0
          || number == loaded
          || target.remaining() < length
          || !target.hasArray()) {
        return false;
      }
      if (in.getPos() != position) {
        in.seek(position);
      }
      int at = target.arrayOffset() + target.position();
      in.readFully(target.array(), at, length);
      verify(number, position, target.array(), at, length);
      target.position(target.position() + length);
      position += length;
      return true;
    }

    private void verify(long number, long start, byte[] bytes, int at, int length) {
      if (sums == null) {
        return;
      }
      CRC32C crc = new CRC32C();
      crc.update(bytes, at, length);
      if ((int) crc.getValue() != sums[(int) number]) {
        throw damaged(path, "the block at byte " + start + " is not what was written");
      }
    }

    @Override
    public int read() throws IOException {
      if (load() == 0) {
        return -1;
      }
      return block[(int) (position++ % BlockChecksums.BLOCK)] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      int count = Math.min(load(), length);
      if (count == 0) {
        return -1;
      }
      System.arraycopy(block, (int) (position % BlockChecksums.BLOCK), target, offset, count);
      position += count;
      return count;
    }

    @Override
    public void readFully(byte[] target) throws IOException {
      readFully(target, 0, target.length);
    }

    @Override
    public void readFully(byte[] target, int offset, int length) throws IOException {
      readFully(ByteBuffer.wrap(target, offset, length));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
      if (!target.hasRemaining()) {
        return 0;
      }
      int count = Math.min(load(), target.remaining());
      if (count == 0) {
        return -1;
      }
      target.put(block, (int) (position % BlockChecksums.BLOCK), count);
      position += count;
      return count;
    }

    @Override
    public void readFully(ByteBuffer target) throws IOException {
      while (target.hasRemaining()) {
        if (!readWhole(target) && read(target) < 0) {
          throw new EOFException(path + " ends at byte " + position);
        }
      }
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }
}
