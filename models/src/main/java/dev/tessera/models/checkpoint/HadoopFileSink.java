package dev.tessera.models.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;

/** Writes a new file of any Hadoop file system; synced before it closes where the store can. */
final class HadoopFileSink implements WritableByteChannel {

  private final FSDataOutputStream stream;
  private final byte[] window = new byte[1 << 20];
  private boolean open = true;

  HadoopFileSink(FileSystem fs, Path file) throws IOException {
    this.stream = fs.create(file, false);
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int count = Math.min(window.length, bytes.remaining());
    bytes.get(window, 0, count);
    stream.write(window, 0, count);
    return count;
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    if (!open) {
      return;
    }
    open = false;
    try (stream) {
      if (stream.hasCapability(StreamCapabilities.HSYNC)) {
        stream.hsync();
      }
    }
  }
}
