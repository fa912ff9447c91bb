package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.CRC32;

/**
 * A PNG file, checked before anything is decoded: every chunk lies inside the file, and those that
 * the picture needs have the CRC that they claim (PNG specification, third edition, section 5).
 *
 * @param header size, orientation and profile
 * @param complete whether the file ends with IEND
 * @param warnings what was wrong with chunks that the picture does not need
 */
record PngFile(PictureHeader header, boolean complete, Set<String> warnings) {

  private static final int SIGNATURE = 8;
  private static final int CHUNK_FRAME = 12;
  private static final int IHDR = tag("IHDR");
  private static final int IDAT = tag("IDAT");
  private static final int IEND = tag("IEND");
  private static final int ANCILLARY = 0x20000000;

  /** IHDR alone; the pixel's bytes as the JDK's reader makes them. */
  static PictureHeader peek(byte[] file) throws UnreadableImageException {
    ByteBuffer in = ByteBuffer.wrap(file);
    if (file.length < SIGNATURE + CHUNK_FRAME + 8 || in.getInt(SIGNATURE + 4) != IHDR) {
      throw new UnreadableImageException("truncated PNG: no IHDR chunk");
    }
    // At most: a transparent colour may become an alpha channel.
    int channels =
        switch (file[SIGNATURE + 17]) {
          case 0, 4 -> 2;
          case 3 -> 1;
          default -> 4;
        };
    int bytes = file[SIGNATURE + 16] == 16 ? 2 : 1;
    return PictureHeader.plain(
        in.getInt(SIGNATURE + 8), in.getInt(SIGNATURE + 12), channels * bytes);
  }

  /** Checks the structure of the whole file. */
  static PngFile read(byte[] file) throws UnreadableImageException {
    PictureHeader plain = peek(file);
    PngMetadata metadata = new PngMetadata();
    Set<String> warnings = new TreeSet<>();
    ByteBuffer in = ByteBuffer.wrap(file).position(SIGNATURE);
    boolean data = false;
    boolean complete = true;
    while (true) {
      int start = in.position();
      int type = in.remaining() < CHUNK_FRAME ? 0 : in.getInt(start + 4);
      int length = in.remaining() < CHUNK_FRAME ? -1 : in.getInt(start);
      if (length < 0 || length > in.remaining() - CHUNK_FRAME) {
        if (data && type != IDAT) {
          // All of the picture's chunks are whole; whether they suffice, the decoder finds out.
          complete = false;
          warnings.add("PNG: no IEND chunk");
          break;
        }
        throw new UnreadableImageException(
            type == 0
                ? "truncated PNG: ends before its picture data"
                : "truncated PNG: chunk " + name(type) + " reaches past the end of the file");
      }
      boolean intact = crc(file, start, length);
      if (!intact && (type & ANCILLARY) == 0) {
        throw new UnreadableImageException("corrupt PNG: wrong CRC in chunk " + name(type));
      }
      if (type == IEND) {
        break;
      }
      data |= type == IDAT;
      if (intact) {
        metadata.add(name(type), file, start + 8, length);
      } else {
        warnings.add("PNG: wrong CRC in chunk " + name(type) + ", not used");
      }
      in.position(start + CHUNK_FRAME + length);
    }
    if (!data) {
      throw new UnreadableImageException("truncated PNG: no IDAT chunk");
    }
    warnings.addAll(metadata.warnings());
    PictureHeader header =
        new PictureHeader(
            plain.width(),
            plain.height(),
            plain.pixelBytes(),
            metadata.orientation(),
            metadata.profile());
    return new PngFile(header, complete, warnings);
  }

  private static boolean crc(byte[] file, int start, int length) {
    CRC32 crc = new CRC32();
    crc.update(file, start + 4, length + 4);
    return (int) crc.getValue() == ByteBuffer.wrap(file).getInt(start + 8 + length);
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
