package dev.tessera.jobs.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;

/** Files that look like pictures and are none, 260 of them, each with a word of its reason. */
final class BadFiles {

  private static final int EACH = 40;

  /** A file's bytes and what the quarantine must say. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
  record Bad(byte[] bytes, String reason) {}

  private BadFiles() {}

  static Map<String, Bad> generate() throws IOException {
    Map<String, Bad> files = new LinkedHashMap<>();
    Random random = new Random(17);
    for (int i = 0; i < EACH; i++) {
      byte[] png = PictureFiles.encode(9 + i, 48 - i, i, "png");
      byte[] jpeg = PictureFiles.encode(9 + i, 48 - i, i, "jpg");
      files.put("cut/%02d.png".formatted(i), new Bad(cut(png, random), "truncated PNG"));
      files.put("cut/%02d.jpg".formatted(i), new Bad(cut(jpeg, random), "truncated JPEG"));
      files.put("bomb/%02d.png".formatted(i), new Bad(bomb(png, 40_000 + i), "too large"));
      files.put("foreign/%02d.png".formatted(i), new Bad(avif(i), "AVIF image"));
      files.put("foreign/%02d.jpg".formatted(i), new Bad(tar(i), "tar archive"));
      byte[] text = new byte[1 + random.nextInt(5_000)];
      random.nextBytes(text);
      text[0] = 1;
      files.put(
          "text/%02d.%s".formatted(i, i % 2 == 0 ? "png" : "txt"), new Bad(text, "not an image"));
    }
    for (int i = 0; i < EACH / 2; i++) {
      files.put("empty/%02d.jpg".formatted(i), new Bad(new byte[0], "empty file"));
    }
    byte[] gif = "GIF89a\1\0\1\0".getBytes(StandardCharsets.ISO_8859_1);
    files.put("other/a.gif", new Bad(gif, "truncated GIF"));
    return files;
  }

  private static byte[] avif(int length) {
    byte[] box = "\0\0\0 ftypavif".getBytes(StandardCharsets.US_ASCII);
    return Arrays.copyOf(box, 16 + length);
  }

  private static byte[] tar(int length) {
    byte[] file = new byte[512 + length];
    System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, file, 257, 5);
    return file;
  }

  private static byte[] cut(byte[] file, Random random) {
    return Arrays.copyOf(file, 10 + random.nextInt(file.length - 14));
  }

  /** Claims a huge size, with the right checksum, in a file of a few kilobytes. */
  private static byte[] bomb(byte[] png, int side) {
    byte[] bomb = png.clone();
    ByteBuffer.wrap(bomb).putInt(16, side).putInt(20, side);
    CRC32 crc = new CRC32();
    crc.update(bomb, 12, 17);
    ByteBuffer.wrap(bomb).putInt(29, (int) crc.getValue());
    return bomb;
  }
}
