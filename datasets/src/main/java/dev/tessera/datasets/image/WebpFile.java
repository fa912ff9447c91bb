package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The chunks around a WebP picture that say how to show it (RFC 9649, section 2). */
final class WebpFile {

  private static final int HEADER = 12;
  private static final int CHUNK = 8;

  private static final int FLAGS = 20;
  private static final int HAS_PROFILE = 0x20;

  private WebpFile() {}

  /** The file without its profile, which the reader would apply in a way of its own. */
  static byte[] withoutProfile(byte[] file, PictureHeader header) {
    if (header.profile() == null) {
      return file;
    }
    byte[] plain = file.clone();
    for (int at = HEADER; at + CHUNK <= file.length; at++) {
      if (Signature.at(file, at, "ICCP")) {
        plain[at] = 'X';
        break;
      }
    }
    if (Signature.at(plain, HEADER, "VP8X") && plain.length > FLAGS) {
      plain[FLAGS] &= (byte) ~HAS_PROFILE;
    }
    return plain;
  }

  /** Adds orientation and profile to what the reader says. */
  static PictureHeader header(byte[] file, PictureHeader plain) {
    ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
    int exif = Orientation.UNSAID;
    int xmp = Orientation.UNSAID;
    byte[] profile = null;
    long at = HEADER;
    while (at + CHUNK <= file.length) {
      int begin = (int) at;
      long size = in.getInt(begin + 4) & 0xffffffffL;
      int length = (int) Math.min(size, file.length - begin - CHUNK);
      if (Signature.at(file, begin, "EXIF")) {
        exif = Orientation.ofExif(file, begin + CHUNK, length);
      } else if (Signature.at(file, begin, "XMP ")) {
        xmp = Orientation.ofXmp(file, begin + CHUNK, length);
      } else if (Signature.at(file, begin, "ICCP")) {
        profile = Arrays.copyOfRange(file, begin + CHUNK, begin + CHUNK + length);
      }
      at += CHUNK + size + (size & 1);
    }
    return new PictureHeader(
        plain.width(), plain.height(), plain.pixelBytes(), Orientation.of(exif, xmp), profile);
  }
}
