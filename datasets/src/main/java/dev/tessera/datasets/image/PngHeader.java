package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * What a PNG file says of itself, checked before anything is decoded: every chunk lies inside the
 * file and has the CRC it claims, and the file ends with IEND (PNG specification, third edition,
 * section 5).
 *
 * @param bits of one sample as decoded, 8 or 16
 * @param channels at most, as decoded: a transparent colour may become an alpha channel
 */
record PngHeader(int width, int height, int bits, int channels) {

  private static final int SIGNATURE = 8;
  private static final int CHUNK_FRAME = 12;
  private static final int IHDR = tag("IHDR");
  private static final int IEND = tag("IEND");

  /** IHDR alone. */
  static PngHeader peek(byte[] file) throws UnreadableImageException {
    ByteBuffer in = ByteBuffer.wrap(file);
    if (file.length < SIGNATURE + CHUNK_FRAME + 8 || in.getInt(SIGNATURE + 4) != IHDR) {
      throw new UnreadableImageException("truncated PNG: no IHDR chunk");
    }
    int channels =
        switch (file[SIGNATURE + 17]) {
          case 0, 4 -> 2;
          case 3 -> 1;
          default -> 4;
        };
    int bits = file[SIGNATURE + 16] == 16 ? 16 : 8;
    return new PngHeader(in.getInt(SIGNATURE + 8), in.getInt(SIGNATURE + 12), bits, channels);
  }

  /** Bytes of one pixel in the JDK's raster. */
  int pixelBytes() {
    return channels * bits / 8;
  }

  /** Checks the structure of the whole file. */
  static void check(byte[] file) throws UnreadableImageException {
    ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE);
    while (true) {
      if (in.remaining() < CHUNK_FRAME) {
        throw new UnreadableImageException("truncated PNG: ends before its IEND chunk");
      }
      int start = in.position();
      int length = in.getInt(start);
      int type = in.getInt(start + 4);
      if (length < 0 || length > in.remaining() - CHUNK_FRAME) {
        throw new UnreadableImageException(
            "truncated PNG: chunk " + name(type) + " reaches past the end of the file");
      }
      checkCrc(file, start, length, type);
      if (type == IEND) {
        return;
      }
      in.position(start + CHUNK_FRAME + length);
    }
  }

  private static void checkCrc(byte[] file, int start, int length, int type)
      throws UnreadableImageException {
    CRC32 crc = new CRC32();
    crc.update(file, start + 4, length + 4);
    int claimed = ByteBuffer.wrap(file).getInt(start + 8 + length);
    if ((int) crc.getValue() != claimed) {
      throw new UnreadableImageException("corrupt PNG: wrong CRC in chunk " + name(type));
    }
  }

  private static int tag(String name) {
    return ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)).getInt();
  }

  private static String name(int type) {
    StringBuilder name = new StringBuilder(4);
    for (int shift = 24; shift >= 0; shift -= 8) {
      char c = (char) (type >>> shift & 0xff);
      name.append(Character.isLetterOrDigit(c) && c < 128 ? c : '?');
    }
    return name.toString();
  }
}
