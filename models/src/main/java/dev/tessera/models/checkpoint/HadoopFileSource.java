package dev.tessera.models.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * A file of any Hadoop file system; bytes pass through one array, the common ground of them all.
 */
final class HadoopFileSource implements FileSource {

  private final String name;
  private final long length;
  private final FSDataInputStream stream;
  private final byte[] window = new byte[1 << 20];

  HadoopFileSource(FileSystem fs, Path file) throws IOException {
    this.name = file.toString();
    this.length = fs.getFileStatus(file).getLen();
    this.stream = fs.open(file);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long length() {
    return length;
  }

  @Override
  public void readFully(long position, ByteBuffer target) throws IOException {
    long at = position;
    while (target.hasRemaining()) {
      int count = Math.min(window.length, target.remaining());
      stream.readFully(at, window, 0, count);
      target.put(window, 0, count);
      at += count;
    }
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }
}
