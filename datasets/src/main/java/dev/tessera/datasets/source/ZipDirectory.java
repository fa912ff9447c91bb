package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FSDataInputStream;

/**
 * The central directory of a zip file, read from its end (PKWARE APPNOTE 6.3, sections 4.3.12 to
 * 4.3.16), zip64 included. Reading by entry makes a zip splittable, which a stream is not.
 */
final class ZipDirectory {

  /** One file in the archive. */
  record Entry(
      String name,
      boolean foreign,
      int method,
      boolean encrypted,
      long packed,
      long size,
      long crc,
      long header) {}

  private static final int UTF8_FLAG = 1 << 11;

  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int FILE = 0x02014b50;
  private static final int END_BYTES = 22;
  private static final int LOCATOR_BYTES = 20;
  private static final int MAX_COMMENT = 0xffff;
  private static final long NEEDS_64 = 0xffffffffL;

  private ZipDirectory() {}

  /** All files in the order of the directory; folders and hidden names are left out. */
  static List<Entry> read(String path, FSDataInputStream in, long length, Charset names)
      throws IOException {
    try {
      ByteBuffer end = findEnd(path, in, length);
      long size = end.getInt(12) & NEEDS_64;
      long offset = end.getInt(16) & NEEDS_64;
      long endAt = end.getLong(END_BYTES);
      if (offset == NEEDS_64 || size == NEEDS_64 || (end.getShort(10) & 0xffff) == 0xffff) {
        ByteBuffer locator = bytes(in, endAt - LOCATOR_BYTES, LOCATOR_BYTES);
        if (locator.getInt(0) == LOCATOR64) {
          long at = locator.getLong(8);
          ByteBuffer end64 = bytes(in, at, 56);
          if (end64.getInt(0) != END64) {
            // Something stands before the archive, which shifts all offsets by its length.
            at = endAt - LOCATOR_BYTES - 56;
            end64 = bytes(in, at, 56);
          }
          require(path, end64.getInt(0) == END64);
          size = end64.getLong(40);
          offset = end64.getLong(48);
          endAt = at;
        }
      }
      require(path, size >= 0 && offset >= 0 && offset <= endAt - size);
      long before = endAt - size - offset;
      // Some writers leave a gap after the directory: then it is where it says.
      if (before > 0 && bytes(in, offset, Integer.BYTES).getInt(0) == FILE) {
        before = 0;
      }
      return entries(path, bytes(in, before + offset, Math.toIntExact(size)), before, names);
    } catch (EOFException
        | IndexOutOfBoundsException
        | BufferUnderflowException
        | IllegalArgumentException
        | NegativeArraySizeException
        | ArithmeticException e) {
      throw damaged(path, e);
    }
  }

  /** The end record, with its position in the file appended as a long. */
  private static ByteBuffer findEnd(String path, FSDataInputStream in, long length)
      throws IOException {
    require(path, length >= END_BYTES);
    int tail = (int) Math.min(length, END_BYTES + MAX_COMMENT);
    ByteBuffer last = bytes(in, length - tail, tail);
    for (int i = tail - END_BYTES; i >= 0; i--) {
      if (last.getInt(i) == END) {
        ByteBuffer end = ByteBuffer.allocate(END_BYTES + Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        end.put(0, last, i, END_BYTES);
        return end.putLong(END_BYTES, length - tail + i);
      }
    }
    throw damaged(path, null);
  }

  /**
   * @param before bytes of the file before the archive, such as a program that unpacks it
   */
  private static List<Entry> entries(
      String path, ByteBuffer directory, long before, Charset names) {
    List<Entry> entries = new ArrayList<>();
    while (directory.remaining() >= 46) {
      int at = directory.position();
      require(path, directory.getInt(at) == FILE);
      int nameBytes = directory.getShort(at + 28) & 0xffff;
      int extraBytes = directory.getShort(at + 30) & 0xffff;
      int commentBytes = directory.getShort(at + 32) & 0xffff;
      byte[] name = new byte[nameBytes];
      directory.get(at + 46, name);
      boolean utf8 = (directory.getShort(at + 8) & UTF8_FLAG) != 0;
      String decoded = decode(name, StandardCharsets.UTF_8);
      boolean foreign = decoded == null;
      if (foreign) {
        // A name that says it is UTF-8 and is not gets its bad bytes replaced.
        decoded = new String(name, utf8 ? StandardCharsets.UTF_8 : names);
      }
      boolean folder = decoded.endsWith("/") || decoded.endsWith("\\");
      String clean = normalised(decoded);
      if (!folder && !clean.isEmpty() && !SourceFiles.hidden(clean)) {
        entries.add(entry(directory, at, clean, foreign, at + 46 + nameBytes, extraBytes, before));
      }
      directory.position(at + 46 + nameBytes + extraBytes + commentBytes);
    }
    return entries;
  }

  private static String decode(byte[] name, Charset charset) {
    try {
      return charset.newDecoder().decode(ByteBuffer.wrap(name)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  /** Archivers of Windows write backslashes; others {@code ./} or a root before all names. */
  private static String normalised(String name) {
    return Arrays.stream(name.replace('\\', '/').split("/", -1))
        .filter(part -> !part.isEmpty() && !part.equals(".") && !part.equals(".."))
        .collect(Collectors.joining("/"));
  }

  private static Entry entry(
      ByteBuffer in,
      int at,
      String name,
      boolean foreign,
      int extraAt,
      int extraBytes,
      long before) {
    long packed = in.getInt(at + 20) & NEEDS_64;
    long size = in.getInt(at + 24) & NEEDS_64;
    long header = in.getInt(at + 42) & NEEDS_64;
    int zip64 = findZip64(in, extraAt, extraAt + extraBytes);
    if (zip64 >= 0) {
      // Present values stand in this order, each only if its 32-bit field is full.
      if (size == NEEDS_64) {
        size = in.getLong(zip64);
        zip64 += Long.BYTES;
      }
      if (packed == NEEDS_64) {
        packed = in.getLong(zip64);
        zip64 += Long.BYTES;
      }
      if (header == NEEDS_64) {
        header = in.getLong(zip64);
      }
    }
    boolean encrypted = (in.getShort(at + 8) & 1) != 0;
    int method = in.getShort(at + 10) & 0xffff;
    long crc = in.getInt(at + 16) & NEEDS_64;
    return new Entry(name, foreign, method, encrypted, packed, size, crc, before + header);
  }

  private static int findZip64(ByteBuffer in, int from, int to) {
    for (int at = from; at + 4 <= to; at += 4 + (in.getShort(at + 2) & 0xffff)) {
      if (in.getShort(at) == 1) {
        return at + 4;
      }
    }
    return -1;
  }

  private static ByteBuffer bytes(FSDataInputStream in, long position, int count)
      throws IOException {
    byte[] bytes = new byte[count];
    in.readFully(position, bytes);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void require(String path, boolean condition) {
    if (!condition) {
      throw damaged(path, null);
    }
  }

  private static InvalidDatasetException damaged(String path, Throwable cause) {
    return new InvalidDatasetException(
        path + " is not a complete zip file (no central directory): fetch it again", cause);
  }
}
