package dev.tessera.datasets.table;

import java.io.IOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.io.OutputFile;
import org.apache.parquet.io.PositionOutputStream;

/** A file that Parquet writes once, and whose length and SHA-256 are known when it is closed. */
final class DigestingFile implements OutputFile {

  private final FileSystem fs;
  private final Path path;
  private final MessageDigest digest = ContentChecksum.sha256();
  private final BlockChecksums blocks = new BlockChecksums();
  private long bytes;
  private FSDataOutputStream stream;

  DigestingFile(FileSystem fs, Path path) {
    this.fs = fs;
    this.path = path;
  }

  long bytes() {
    return bytes;
  }

  String sha256() {
    return HexFormat.of().formatHex(digest.digest());
  }

  /** As {@link TableFile#blocks}. */
  String blocks() {
    return blocks.text();
  }

  /** Closes the stream if one is open, whatever Parquet did with it: no lease is left behind. */
  void abandon() throws IOException {
    if (stream != null) {
      stream.close();
    }
  }

  @Override
  public PositionOutputStream create(long blockSizeHint) throws IOException {
    // Not recursive: a late attempt cannot bring back a staging folder that a commit has removed.
    stream = fs.createFile(path).build();
    DigestOutputStream digesting = new DigestOutputStream(stream, digest);
    return new PositionOutputStream() {
      @Override
      public long getPos() {
        return bytes;
      }

      @Override
      public void write(int b) throws IOException {
        digesting.write(b);
        blocks.update(new byte[] {(byte) b}, 0, 1);
        bytes++;
      }

      @Override
      public void write(byte[] buffer, int offset, int length) throws IOException {
        digesting.write(buffer, offset, length);
        blocks.update(buffer, offset, length);
        bytes += length;
      }

      @Override
      public void flush() throws IOException {
        digesting.flush();
      }

      @Override
      public void close() throws IOException {
        digesting.close();
      }
    };
  }

  @Override
  public PositionOutputStream createOrOverwrite(long blockSizeHint) throws IOException {
    return create(blockSizeHint);
  }

  @Override
  public boolean supportsBlockSize() {
    return false;
  }

  @Override
  public long defaultBlockSize() {
    return 0;
  }

  @Override
  public String getPath() {
    return path.toString();
  }
}
