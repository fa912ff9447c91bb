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
  private static final int BPP = RgbImage.CHANNELS;

  /** In bytes; a band of less would be too short to repeat anything. */
  private static final int SMALL = 1 << 16;

  private static final int BANDS = 3;

  /** Each band has so large a part of the rows. */
  private static final int SAMPLED = 16;

  private final Deflater matches = new Deflater(6);

  /** Codes each byte by itself. */
  private final Deflater letters = new Deflater(6);

  private final byte[] chunk = new byte[1 << 16];

  public PngEncoder() {
    letters.setStrategy(Deflater.HUFFMAN_ONLY);
  }

  /** The picture as a PNG file. */
  public byte[] encode(RgbImage image) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(image.pixels().length / 2 + 128);
    out.writeBytes(SIGNATURE);
    ByteBuffer header = ByteBuffer.allocate(13);
    header.putInt(image.width()).putInt(image.height()).put((byte) 8).put((byte) 2);
    writeChunk(out, "IHDR", header.array());
    writeChunk(out, "IDAT", compress(filtered(image), image.height()));
    writeChunk(out, "IEND", new byte[0]);
    return out.toByteArray();
  }

  /**
   * What the filters leave of a photograph is noise, in which looking for matches takes four times
   * as long and finds nothing. Bands of rows at the top, in the middle and at the bottom tell: a
   * margin or a texture in one of them is worth the time. A small picture is coded both ways.
   */
  private byte[] compress(byte[] rows, int height) {
    if (rows.length <= SMALL) {
      byte[] matched = compress(matches, rows, 0, rows.length);
      byte[] coded = compress(letters, rows, 0, rows.length);
      return coded.length < matched.length ? coded : matched;
    }
    boolean noise = true;
    for (int band = 0; band < BANDS && noise; band++) {
      noise = isNoise(rows, height, band);
    }
    return compress(noise ? letters : matches, rows, 0, rows.length);
  }

  private boolean isNoise(byte[] rows, int height, int band) {
    int stride = rows.length / height;
    int sampled = Math.max(1, height / SAMPLED);
    int from = (height - sampled) * band / (BANDS - 1) * stride;
    int length = sampled * stride;
    return compress(letters, rows, from, length).length
        <= compress(matches, rows, from, length).length;
  }

  private byte[] compress(Deflater deflater, byte[] rows, int from, int length) {
    deflater.reset();
    deflater.setInput(rows, from, length);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream(length / 2 + 64);
    while (!deflater.finished()) {
      out.write(chunk, 0, deflater.deflate(chunk));
    }
    return out.toByteArray();
  }

  private static byte[] filtered(RgbImage image) {
    int stride = image.width() * BPP;
    byte[] result = new byte[(stride + 1) * image.height()];
    PngRow row = new PngRow(stride);
    for (int y = 0; y < image.height(); y++) {
      row.next(image.pixels(), y * stride);
      int at = y * (stride + 1);
      int best = Integer.MAX_VALUE;
      for (int filter = 0; filter < PngRow.FILTERS; filter++) {
        int cost = row.filter(filter);
        if (cost < best) {
          best = cost;
          result[at] = (byte) filter;
          row.copyTo(result, at + 1);
        }
      }
    }
    return result;
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
    matches.end();
    letters.end();
  }
}
