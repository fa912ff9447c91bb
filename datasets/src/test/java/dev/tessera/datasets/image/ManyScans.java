package dev.tessera.datasets.image;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/** A grey progressive JPEG of many tiny scans: little to read, much to do. */
final class ManyScans {

  private static final int LONGEST_RUN = 32767;

  private ManyScans() {}

  static byte[] jpeg(int width, int height, int scans) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xd8});
    byte[] quantisation = new byte[65];
    Arrays.fill(quantisation, 1, 65, (byte) 1);
    segment(out, 0xdb, quantisation);
    segment(out, 0xc2, bytes(8, height >> 8, height, width >> 8, width, 1, 1, 0x11, 0));
    // One code of one bit in each table: no difference in DC, a run of empty blocks in AC.
    segment(out, 0xc4, Arrays.copyOf(bytes(0, 1), 18));
    byte[] runs = Arrays.copyOf(bytes(0x10, 1), 18);
    runs[17] = (byte) 0xe0;
    segment(out, 0xc4, runs);
    int blocks = ((width + 7) / 8) * ((height + 7) / 8);
    segment(out, 0xda, bytes(1, 1, 0, 0, 0, 0));
    out.writeBytes(packed("0".repeat(blocks)));
    StringBuilder bits = new StringBuilder();
    for (int left = blocks; left > 0; left -= LONGEST_RUN) {
      int run = Math.max(16384, Math.min(left, LONGEST_RUN));
      String extra = Integer.toBinaryString(run - 16384);
      bits.append('0').append("0".repeat(14 - extra.length())).append(extra);
    }
    byte[] empty = packed(bits.toString());
    for (int i = 0; i < scans; i++) {
      int k = 1 + i % 63;
      segment(out, 0xda, bytes(1, 1, 0x10, k, k, 0));
      out.writeBytes(empty);
    }
    out.writeBytes(new byte[] {(byte) 0xff, (byte) 0xd9});
    return out.toByteArray();
  }

  private static void segment(ByteArrayOutputStream out, int marker, byte[] payload) {
    out.write(0xff);
    out.write(marker);
    out.write((payload.length + 2) >> 8);
    out.write(payload.length + 2);
    out.writeBytes(payload);
  }

  private static byte[] packed(String bits) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String whole = bits + "1".repeat(Math.floorMod(-bits.length(), 8));
    for (int i = 0; i < whole.length(); i += 8) {
      int value = Integer.parseInt(whole.substring(i, i + 8), 2);
      out.write(value);
      if (value == 0xff) {
        out.write(0);
      }
    }
    return out.toByteArray();
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
