package dev.tessera.models.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A local file, read into direct memory without a copy on the heap. */
final class LocalFileSource implements FileSource {

  private final String name;
  private final FileChannel channel;
  private final long length;

  LocalFileSource(Path file) throws IOException {
    this.name = file.toString();
    this.channel = FileChannel.open(file, StandardOpenOption.READ);
    this.length = channel.size();
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
      int read = channel.read(target, at);
      if (read < 0) {
        throw new EOFException(name + " ends at byte " + at);
      }
      at += read;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
