package dev.tessera.models.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.zip.CRC32C;

/**
 * Counts and checksums what passes through to another channel.
 *
 * <p>CRC32C: damage is what a checkpoint meets, not forgery, and on direct memory the JDK computes
 * it with the processor's own instruction, several times faster than any disk or SHA-256.
 */
final class ChecksumChannel implements WritableByteChannel {

  private final WritableByteChannel target;
  private final CRC32C checksum = new CRC32C();
  private long bytes;

  ChecksumChannel(WritableByteChannel target) {
    this.target = target;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    ByteBuffer seen = source.duplicate();
    int written = target.write(source);
    checksum.update(seen.limit(source.position()));
    bytes += written;
    return written;
  }

  long bytes() {
    return bytes;
  }

  int crc32c() {
    return (int) checksum.getValue();
  }

  @Override
  public boolean isOpen() {
    return target.isOpen();
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}
