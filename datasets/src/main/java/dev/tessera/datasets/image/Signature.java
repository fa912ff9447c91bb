package dev.tessera.datasets.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Compares bytes of a file with what a format writes there. */
final class Signature {

  private Signature() {}

  static boolean at(byte[] file, int offset, byte[] magic) {
    return offset >= 0
        && offset <= file.length - magic.length
        && Arrays.equals(file, offset, offset + magic.length, magic, 0, magic.length);
  }

  static boolean at(byte[] file, int offset, String ascii) {
    return at(file, offset, ascii.getBytes(StandardCharsets.ISO_8859_1));
  }
}
