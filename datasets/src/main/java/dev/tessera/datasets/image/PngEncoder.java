package dev.tessera.datasets.image;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/**
 * Encodes RGB pictures as 8-bit truecolour PNG, choosing for each row the filter with the smallest
 * sum of absolute differences (PNG specification, third edition, section 12.7). Belongs to one
 * thread.
 */
public final class PngEncoder implements AutoCloseable {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  private static final int FILTERS = 5;
  private static final int BPP = RgbImage.CHANNELS;

  private final Deflater deflater = new Deflater(6);
  private final byte[] chunk = new byte[1 << 16];

  /** The picture as a PNG file. */
  public byte[] encode(RgbImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(image.pixels().length / 2 + 128);
    out.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(image.width()).putInt(image.height()).put((byte) 8).put((byte) 2);
    writeChunk(out, "IHDR", header.array());
    writeChunk(out, "IDAT", compress(filtered(image)));
    writeChunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  private byte[] compress(byte[] rows) {
    deflater.reset();
    deflater.setInput(rows);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream(rows.length / 2);
    while (!deflater.finished()) {
      out.write(chunk, 0, deflater.deflate(chunk));
    }
    return out.toByteArray();
  }

  private static byte[] filtered(RgbImage image) {
    int stride = image.width() * BPP;
    byte[] result = new byte[(stride + 1) * image.height()];
    byte[] above = new byte[stride];
    byte[] row = new byte[stride];
    byte[] candidate = new byte[stride];
    for (int y = 0; y < image.height(); y++) {
      System.arraycopy(image.pixels(), y * stride, row, 0, stride);
      long best = Long.MAX_VALUE;
      for (int filter = 0; filter < FILTERS; filter++) {
        long cost = filter(filter, row, above, candidate);
        if (cost < best) {
          best = cost;
          result[y * (stride + 1)] = (byte) filter;
          System.arraycopy(candidate, 0, result, y * (stride + 1) + 1, stride);
        }
      }
      byte[] previous = above;
      above = row;
      row = previous;
    }
    return result;
  }

  /** Fills {@code out} and returns its sum of absolute values as signed bytes. */
  private static long filter(int filter, byte[] row, byte[] above, byte[] out) {
    long cost = 0;
    for (int i = 0; i < row.length; i++) {
      int left = i < BPP ? 0 : row[i - BPP] & 0xff;
      int up = above[i] & 0xff;
      int corner = i < BPP ? 0 : above[i - BPP] & 0xff;
      out[i] = (byte) (row[i] - predict(filter, left, up, corner));
      cost += Math.abs(out[i]);
    }
    return cost;
  }

  private static int predict(int filter, int left, int up, int corner) {
    return switch (filter) {
      case 1 -> left;
      case 2 -> up;
      case 3 -> (left + up) / 2;
      case 4 -> paeth(left, up, corner);
      default -> 0;
    };
  }

  private static int paeth(int left, int up, int corner) {
    int estimate = left + up - corner;
    int toLeft = Math.abs(estimate - left);
    int toUp = Math.abs(estimate - up);
    int toCorner = Math.abs(estimate - corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }

  private static void writeChunk(ByteArrayOutputStream out, String type, byte[] data) {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    out.writeBytes(name);
    out.writeBytes(data);
    out.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  @Override
  public void close() {
    deflater.end();
  }
}
