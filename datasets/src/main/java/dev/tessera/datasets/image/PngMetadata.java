package dev.tessera.datasets.image;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** What PNG's ancillary chunks say of orientation and colours. */
final class PngMetadata {

  /** Of inflated text and profiles: more is a bomb. */
  private static final int MAX_BYTES = 8 << 20;

  private static final String XMP = "XML:com.adobe.xmp";
  private static final String RAW_EXIF = "Raw profile type exif";

  private final Set<String> warnings = new TreeSet<>();
  private int exif = Orientation.UNSAID;
  private int xmp = Orientation.UNSAID;
  private boolean standard;
  private byte[] profile;

  void add(String type, byte[] file, int from, int length) {
    switch (type) {
      case "eXIf" -> exif = Orientation.ofExif(file, from, length);
      case "sRGB" -> standard = true;
      case "iCCP" -> profile = inflated(file, from, length, 1);
      case "iTXt" -> text(file, from, length);
      case "zTXt", "tEXt" -> {
        if (exif == Orientation.UNSAID && keyword(file, from, length).equals(RAW_EXIF)) {
          rawExif(type.equals("zTXt"), file, from, length);
        }
      }
      default -> {
        // Nothing that changes the picture as the common readers show it.
      }
    }
  }

  int orientation() {
    return Orientation.of(exif, xmp);
  }

  /** The ICC profile, or null without one that counts. */
  byte[] profile() {
    return standard ? null : profile;
  }

  Set<String> warnings() {
    return warnings;
  }

  private static String keyword(byte[] file, int from, int length) {
    int end = from;
    while (end < from + length && end - from < 80 && file[end] != 0) {
      end++;
    }
    return new String(file, from, end - from, StandardCharsets.ISO_8859_1);
  }

  private void text(byte[] file, int from, int length) {
    if (keyword(file, from, length).equals(XMP)) {
      int after = XMP.length() + 1;
      boolean compressed = length > after && file[from + after] != 0;
      if (!compressed) {
        xmp = Orientation.ofXmp(file, from, length);
      }
    }
  }

  /** Hexadecimal, after a line each with the name and the length: ImageMagick's. */
  private void rawExif(boolean compressed, byte[] file, int from, int length) {
    int after = RAW_EXIF.length() + 1;
    byte[] text =
        compressed
            ? inflated(file, from, length, 1)
            : Arrays.copyOfRange(file, from + after, from + length);
    if (text == null) {
      return;
    }
    String[] lines = new String(text, StandardCharsets.ISO_8859_1).strip().split("\n", 3);
    try {
      byte[] block = HexFormat.of().parseHex(lines[lines.length - 1].replaceAll("\\s", ""));
      exif = Orientation.ofExif(block, 0, block.length);
    } catch (IllegalArgumentException e) {
      warnings.add("PNG: Exif data that cannot be read, not used");
    }
  }

  /** What follows a keyword, its zero and {@code skip} bytes; null with a warning if damaged. */
  private byte[] inflated(byte[] file, int from, int length, int skip) {
    int name = keyword(file, from, length).length() + 1 + skip;
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(file, from + name, Math.max(0, length - name));
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] buffer = new byte[1 << 12];
      int count = inflater.inflate(buffer);
      while (count > 0 && out.size() <= MAX_BYTES) {
        out.write(buffer, 0, count);
        count = inflater.inflate(buffer);
      }
      if (inflater.finished() && out.size() <= MAX_BYTES) {
        return out.toByteArray();
      }
    } catch (DataFormatException | IndexOutOfBoundsException e) {
      // As below.
    } finally {
      inflater.end();
    }
    warnings.add("PNG: compressed metadata that cannot be read, not used");
    return null;
  }
}
