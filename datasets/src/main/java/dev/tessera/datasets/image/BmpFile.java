package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** What writers of BMP leave out and the JDK's reader insists on. */
final class BmpFile {

  private static final int FILE_SIZE = 2;
  private static final int HEADER = 54;

  private BmpFile() {}

  /** The file with its own length in its header, where many write zero or something else. */
  static byte[] withItsSize(byte[] file) throws UnreadableImageException {
    if (file.length < HEADER) {
      throw new UnreadableImageException("truncated BMP: ends within its header");
    }
    byte[] sized = file.clone();
    ByteBuffer.wrap(sized).order(ByteOrder.LITTLE_ENDIAN).putInt(FILE_SIZE, file.length);
    return sized;
  }
}
