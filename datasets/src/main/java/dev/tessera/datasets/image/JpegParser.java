package dev.tessera.datasets.image;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Walks through the segments of one JPEG file, resynchronising as libjpeg does. */
final class JpegParser {

  private static final int SOI = 0xd8;
  private static final int EOI = 0xd9;
  private static final int SOS = 0xda;
  private static final int DHT = 0xc4;
  private static final int JPG = 0xc8;
  private static final int DAC = 0xcc;
  private static final int APP0 = 0xe0;
  private static final int APP1 = 0xe1;
  private static final int APP2 = 0xe2;
  private static final int APP14 = 0xee;
  private static final int APP15 = 0xef;
  private static final int COM = 0xfe;
  private static final int NONE = -1;
  private static final String ICC = "ICC_PROFILE\0";
  private static final String XMP = "http://ns.adobe.com/xap/1.0/\0";

  private final byte[] file;
  private final ByteArrayOutputStream stream;
  private final Set<String> warnings = new TreeSet<>();
  private final TreeMap<Integer, byte[]> profile = new TreeMap<>();
  private int at = 2;
  private int width;
  private int height;
  private int[] names;
  private int frame;
  private boolean jfif;
  private int adobe = JpegColours.NO_ADOBE_MARKER;
  private int exif = Orientation.UNSAID;
  private int xmp = Orientation.UNSAID;
  private int profileParts = NONE;
  private boolean profileDamaged;
  private long scans;
  private boolean complete;

  JpegParser(byte[] file) {
    this.file = file;
    this.stream = new ByteArrayOutputStream(file.length + 32);
  }

  JpegFile parse() throws UnreadableImageException {
    while (!complete) {
      int marker = nextMarker();
      if (marker == NONE) {
        break;
      }
      if (marker == EOI) {
        complete = true;
      } else if (marker == SOI) {
        throw new UnreadableImageException("corrupt JPEG: a second picture begins within it");
      } else if (marker != 1 && (marker < 0xd0 || marker > 0xd7)) {
        if (!segment(marker)) {
          break;
        }
      }
    }
    if (scans == 0) {
      throw new UnreadableImageException(
          complete ? "corrupt JPEG: no picture data" : "truncated JPEG: no picture data");
    }
    return finish();
  }

  /** The code of the next marker, {@code at} after it; bytes before it are junk. */
  private int nextMarker() {
    int junk = 0;
    while (at + 1 < file.length) {
      if (unsigned(at) != 0xff) {
        junk++;
        at++;
      } else if (unsigned(at + 1) == 0xff) {
        at++;
      } else if (unsigned(at + 1) == 0) {
        junk += 2;
        at += 2;
      } else {
        if (junk > 0) {
          warnings.add("JPEG: extraneous bytes before a marker");
        }
        at += 2;
        return unsigned(at - 1);
      }
    }
    return NONE;
  }

  /** Reads or copies one segment; false if the file ends within it. */
  private boolean segment(int marker) throws UnreadableImageException {
    int length = at + 1 < file.length ? unsigned(at) << 8 | unsigned(at + 1) : 0;
    if (length < 2 && at + 1 < file.length) {
      throw new UnreadableImageException("corrupt JPEG: segment of impossible length " + length);
    }
    if (length < 2 || length > file.length - at) {
      return false;
    }
    int begin = at;
    at += length;
    if (marker >= APP0 && marker <= APP15) {
      application(marker, begin + 2, length - 2);
      return true;
    }
    if (marker == COM) {
      return true;
    }
    if (isFrame(marker)) {
      frame(marker, begin + 2, length - 2);
    }
    if (marker == SOS) {
      scan();
    }
    stream.write(0xff);
    stream.write(marker);
    stream.write(file, begin, at - begin);
    return true;
  }

  private void application(int marker, int from, int length) {
    if (marker == APP0 && length >= 14 && Signature.at(file, from, "JFIF\0")) {
      jfif = true;
    } else if (marker == APP14 && length >= 12 && Signature.at(file, from, "Adobe")) {
      adobe = unsigned(from + 11);
    } else if (marker == APP1 && length > 14 && Signature.at(file, from, "Exif\0\0")) {
      exif = exif == Orientation.UNSAID ? Orientation.ofExif(file, from, length) : exif;
    } else if (marker == APP1 && length > XMP.length() && Signature.at(file, from, XMP)) {
      xmp = xmp == Orientation.UNSAID ? Orientation.ofXmp(file, from, length) : xmp;
    } else if (marker == APP2 && length > ICC.length() + 2 && Signature.at(file, from, ICC)) {
      int parts = unsigned(from + ICC.length() + 1);
      profileDamaged |= profileParts != NONE && profileParts != parts;
      profileParts = parts;
      byte[] part = new byte[length - ICC.length() - 2];
      System.arraycopy(file, from + ICC.length() + 2, part, 0, part.length);
      profileDamaged |= profile.put(unsigned(from + ICC.length()), part) != null;
    }
  }

  /** SOF0 to SOF15 without DHT, JPG and DAC, which share their range. */
  private static boolean isFrame(int marker) {
    return marker >= 0xc0 && marker <= 0xcf && marker != DHT && marker != JPG && marker != DAC;
  }

  private void frame(int marker, int from, int length) throws UnreadableImageException {
    if (marker > 0xc2) {
      String process =
          marker >= 0xc9 ? "arithmetic coding" : marker == 0xc3 ? "lossless" : "hierarchical";
      throw new UnreadableImageException(
          "JPEG of a rare process, " + process + " (expected: baseline or progressive)");
    }
    int count = length < 6 ? 0 : unsigned(from + 5);
    if (names != null || count == 0 || length < 6 + 3 * count) {
      throw new UnreadableImageException("corrupt JPEG: impossible frame header");
    }
    if (unsigned(from) != 8) {
      throw new UnreadableImageException(
          "JPEG of " + unsigned(from) + " bits a sample (expected: 8)");
    }
    frame = marker;
    height = unsigned(from + 1) << 8 | unsigned(from + 2);
    width = unsigned(from + 3) << 8 | unsigned(from + 4);
    names = new int[count];
    for (int i = 0; i < count; i++) {
      names[i] = unsigned(from + 6 + 3 * i);
    }
  }

  /** Moves behind the coded data: stuffed zeros and restart markers belong to it. */
  private void scan() throws UnreadableImageException {
    if (names == null) {
      throw new UnreadableImageException("corrupt JPEG: no frame header before the scan");
    }
    scans++;
    while (at < file.length) {
      if (file[at] == (byte) 0xff && at + 1 < file.length) {
        int next = unsigned(at + 1);
        if (next != 0 && (next < 0xd0 || next > 0xd7)) {
          return;
        }
      }
      at++;
    }
  }

  private JpegFile finish() throws UnreadableImageException {
    if (scans * width * height > JpegFile.MAX_SCANNED_PIXELS) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "too much work: %d scans of %dx%d pixels (limit: %,d pixels in all scans)",
              scans,
              width,
              height,
              JpegFile.MAX_SCANNED_PIXELS));
    }
    JpegColours colours = JpegColours.of(names, jfif, adobe);
    byte[] marker = JpegFile.adobe(colours);
    byte[] kept = stream.toByteArray();
    byte[] whole = new byte[2 + marker.length + kept.length + 2];
    whole[0] = (byte) 0xff;
    whole[1] = (byte) SOI;
    System.arraycopy(marker, 0, whole, 2, marker.length);
    System.arraycopy(kept, 0, whole, 2 + marker.length, kept.length);
    whole[whole.length - 2] = (byte) 0xff;
    whole[whole.length - 1] = (byte) EOI;
    PictureHeader header =
        new PictureHeader(
            width,
            height,
            names.length,
            Orientation.of(exif, xmp),
            names.length == 4 ? null : profile());
    return new JpegFile(header, colours, whole, complete, frame == 0xc2, warnings);
  }

  private byte[] profile() {
    if (profileParts == NONE) {
      return null;
    }
    boolean whole =
        !profileDamaged
            && profile.size() == profileParts
            && profile.firstKey() == 1
            && profile.lastKey() == profileParts;
    if (!whole) {
      warnings.add("ICC profile of wrongly numbered parts, not applied");
      return null;
    }
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    profile.values().forEach(joined::writeBytes);
    return joined.toByteArray();
  }

  private int unsigned(int index) {
    return file[index] & 0xff;
  }
}
