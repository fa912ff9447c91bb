package dev.tessera.datasets.table;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.zip.CRC32C;

/**
 * CRC32C of each MiB of a file, so that any part of it can be verified as it is read. As text: the
 * sums in order, big-endian, in base 64.
 */
final class BlockChecksums {

  /** Bytes of a block; the last one is shorter. */
  static final int BLOCK = 1 << 20;

  private final CRC32C crc = new CRC32C();
  private int inBlock;
  private ByteBuffer sums = ByteBuffer.allocate(64);

  /** Adds the file's next bytes. */
  void update(byte[] bytes, int offset, int length) {
    int from = offset;
    int left = length;
    while (left > 0) {
      int count = Math.min(left, BLOCK - inBlock);
      crc.update(bytes, from, count);
      from += count;
      left -= count;
      inBlock += count;
      if (inBlock == BLOCK) {
        endBlock();
      }
    }
  }

  /** All sums; nothing may be added afterwards. */
  String text() {
    if (inBlock > 0) {
      endBlock();
    }
    byte[] bytes = new byte[sums.position()];
    sums.duplicate().flip().get(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private void endBlock() {
    if (sums.remaining() < Integer.BYTES) {
      sums = ByteBuffer.allocate(sums.capacity() * 2).put(sums.flip());
    }
    sums.putInt((int) crc.getValue());
    crc.reset();
    inBlock = 0;
  }

  /**
   * The sums of a text.
   *
   * @throws IllegalArgumentException if it is not one of a file of {@code bytes}
   */
  static int[] read(String text, long bytes) {
    ByteBuffer sums = ByteBuffer.wrap(Base64.getDecoder().decode(text));
    if (sums.remaining() != Integer.BYTES * ((bytes + BLOCK - 1) / BLOCK)) {
      throw new IllegalArgumentException(
          "blocks: " + sums.remaining() + " bytes (expected: 4 for each MiB of the file)");
    }
    int[] read = new int[sums.remaining() / Integer.BYTES];
    sums.asIntBuffer().get(read);
    return read;
  }
}
