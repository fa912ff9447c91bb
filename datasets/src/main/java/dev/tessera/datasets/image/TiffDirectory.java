package dev.tessera.datasets.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The first directory of a TIFF block, as TIFF files and Exif have it (TIFF 6.0, section 2): tags
 * with whole numbers or bytes. What lies outside the block reads as if it were not there.
 */
final class TiffDirectory {

  static final int ORIENTATION = 274;
  static final int TILE_WIDTH = 322;
  static final int TILE_HEIGHT = 323;
  static final int PROFILE = 34675;

  private static final int ENTRY = 12;
  private static final int BYTE = 1;
  private static final int SHORT = 3;
  private static final int LONG = 4;
  private static final int UNDEFINED = 7;

  private final ByteBuffer tiff;
  private final int start;
  private final int entries;

  private TiffDirectory(ByteBuffer tiff, int start, int entries) {
    this.tiff = tiff;
    this.start = start;
    this.entries = entries;
  }

  static TiffDirectory first(byte[] file, int offset, int length) {
    ByteBuffer tiff = ByteBuffer.wrap(file, offset, length).slice();
    if (tiff.limit() < 8) {
      return new TiffDirectory(tiff, 0, 0);
    }
    tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int directory = tiff.getInt(4);
    if (directory < 8 || directory > tiff.limit() - 2) {
      return new TiffDirectory(tiff, 0, 0);
    }
    int claimed = tiff.getShort(directory) & 0xffff;
    int room = (tiff.limit() - directory - 2) / ENTRY;
    return new TiffDirectory(tiff, directory + 2, Math.min(claimed, room));
  }

  /** Orientation 1 to 8, {@link Orientation#UNSAID} if there is none; no sense is upright. */
  int orientation() {
    long value = number(ORIENTATION, Orientation.UNSAID);
    return value >= Orientation.UNSAID && value <= 8 ? (int) value : Orientation.UPRIGHT;
  }

  /** The first number of a tag of type BYTE, SHORT or LONG. */
  long number(int tag, long otherwise) {
    int at = find(tag);
    return at < 0 || count(at) == 0 || valueOf(at, 0) < 0 ? otherwise : valueOf(at, 0);
  }

  /** The largest number of a tag of type BYTE, SHORT or LONG, or 0. */
  long largest(int tag) {
    int at = find(tag);
    long largest = 0;
    for (long i = 0; at >= 0 && i < count(at); i++) {
      long value = valueOf(at, i);
      if (value < 0) {
        return largest;
      }
      largest = Math.max(largest, value);
    }
    return largest;
  }

  /** All numbers of a tag of type BYTE or SHORT; empty without any. */
  int[] numbers(int tag) {
    int at = find(tag);
    if (at < 0 || count(at) > 1 << 20 || valueOf(at, count(at) - 1) < 0) {
      return new int[0];
    }
    int[] numbers = new int[(int) count(at)];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (int) valueOf(at, i);
    }
    return numbers;
  }

  private long count(int at) {
    return tiff.getInt(at + 4) & 0xffffffffL;
  }

  /** Number {@code i} of an entry, or -1 if it is no number or lies outside. */
  private long valueOf(int at, long i) {
    int type = tiff.getShort(at + 2);
    int width = type == BYTE ? 1 : type == SHORT ? 2 : type == LONG ? 4 : 0;
    long first = count(at) * width <= 4 ? at + 8L : tiff.getInt(at + 8) & 0xffffffffL;
    long from = first + i * width;
    if (width == 0 || from > tiff.limit() - width) {
      return -1;
    }
    return switch (type) {
      case BYTE -> tiff.get((int) from) & 0xff;
      case SHORT -> tiff.getShort((int) from) & 0xffff;
      default -> tiff.getInt((int) from) & 0xffffffffL;
    };
  }

  /** A tag of type BYTE or UNDEFINED with more than four bytes, or null. */
  byte[] bytes(int tag) {
    int at = find(tag);
    if (at < 0) {
      return null;
    }
    int type = tiff.getShort(at + 2);
    long count = count(at);
    long from = tiff.getInt(at + 8) & 0xffffffffL;
    if ((type != BYTE && type != UNDEFINED) || count <= 4 || from + count > tiff.limit()) {
      return null;
    }
    int begin = tiff.arrayOffset() + (int) from;
    return Arrays.copyOfRange(tiff.array(), begin, begin + (int) count);
  }

  private int find(int tag) {
    for (int i = 0; i < entries; i++) {
      int at = start + i * ENTRY;
      if ((tiff.getShort(at) & 0xffff) == tag) {
        return at;
      }
    }
    return -1;
  }
}
