package dev.tessera.datasets.image;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** Names what bytes are that no decoder of ours reads, and what to do with them. */
final class ForeignContent {

  private static final String CONVERT =
      " (expected: " + ImageFormat.ALL + "; convert it, or see docs/data.md)";
  private static final int HEAD = 1024;
  private static final int TAR_MAGIC = 257;

  private record Kind(int offset, String magic, String reason) {}

  /** In this order: the first that fits is named. */
  private static final List<Kind> KINDS =
      List.of(
          new Kind(4, "ftypavif", "AVIF image" + CONVERT),
          new Kind(4, "ftypavis", "AVIF image" + CONVERT),
          new Kind(4, "ftyphei", "HEIC image" + CONVERT),
          new Kind(4, "ftyphev", "HEIC image" + CONVERT),
          new Kind(4, "ftypmif1", "HEIC or AVIF image" + CONVERT),
          new Kind(4, "ftypmsf1", "HEIC or AVIF image" + CONVERT),
          new Kind(4, "ftypcrx", "Canon raw image" + CONVERT),
          new Kind(4, "ftyp", "video of the MP4 family, no image"),
          new Kind(4, "jP  \r\n\u0087\n", "JPEG 2000 image" + CONVERT),
          new Kind(0, "\u00ffO\u00ffQ", "JPEG 2000 image" + CONVERT),
          new Kind(4, "JXL \r\n\u0087\n", "JPEG XL image" + CONVERT),
          new Kind(0, "\u00ff\n", "JPEG XL image" + CONVERT),
          new Kind(0, "II\u00bc", "JPEG XR image" + CONVERT),
          new Kind(0, "II+\0", "BigTIFF image" + CONVERT),
          new Kind(0, "MM\0+", "BigTIFF image" + CONVERT),
          new Kind(0, "8BPS", "Photoshop image" + CONVERT),
          new Kind(0, "\0\0\1\0", "Windows icon" + CONVERT),
          new Kind(0, "qoif", "QOI image" + CONVERT),
          new Kind(0, "v/1\1", "OpenEXR image" + CONVERT),
          new Kind(0, "#?RADIANCE", "Radiance HDR image" + CONVERT),
          new Kind(128, "DICM", "DICOM image" + CONVERT),
          new Kind(0, "%PDF", "PDF document, no image"),
          new Kind(0, "%!PS", "PostScript document, no image"),
          new Kind(0, "PK\3\4", "zip archive, no image: unpack it, or name it as an input"),
          new Kind(TAR_MAGIC, "ustar", "tar archive, no image: unpack it"),
          new Kind(0, "\u001f\u008b", "gzip file, no image: unpack it"),
          new Kind(0, "\u00fd7zXZ", "xz file, no image: unpack it"),
          new Kind(0, "BZh", "bzip2 file, no image: unpack it"),
          new Kind(0, "(\u00b5/\u00fd", "zstd file, no image: unpack it"),
          new Kind(0, "7z\u00bc\u00af", "7z archive, no image: unpack it"),
          new Kind(0, "Rar!", "rar archive, no image: unpack it"),
          new Kind(0, "PAR1", "Parquet file, no image: name it as an input"),
          new Kind(0, "ARROW1", "Arrow file, no image"),
          new Kind(0, "\u0089HDF", "HDF5 file, no image"),
          new Kind(0, "\u0093NUMPY", "NumPy array, no image"),
          new Kind(
              0, "version https://git-lfs", "Git LFS pointer, no image: fetch the file itself"),
          new Kind(0, "SQLite format 3", "SQLite database, no image"),
          new Kind(0, "ID3", "audio, no image"),
          new Kind(0, "OggS", "audio or video, no image"),
          new Kind(0, "\u001aE\u00df\u00a3", "Matroska or WebM video, no image"),
          new Kind(0, "RIFF", "RIFF file that is no WebP (audio or video), no image"));

  private ForeignContent() {}

  /** One phrase, for the quarantine. */
  static String describe(byte[] bytes) {
    for (Kind kind : KINDS) {
      if (Signature.at(bytes, kind.offset(), kind.magic())) {
        return kind.reason();
      }
    }
    if (isPickle(bytes)) {
      return "Python pickle, no image: convert it (for CIFAR, fetch the binary version)";
    }
    return text(bytes);
  }

  /** Protocols 2 to 5 begin with their number; the last byte is the opcode that ends a pickle. */
  private static boolean isPickle(byte[] bytes) {
    return bytes.length > 3
        && bytes[0] == (byte) 0x80
        && bytes[1] >= 2
        && bytes[1] <= 5
        && bytes[bytes.length - 1] == '.';
  }

  private static String text(byte[] bytes) {
    int length = Math.min(bytes.length, HEAD);
    boolean zeros = true;
    boolean readable = true;
    for (int i = 0; i < length; i++) {
      int value = bytes[i] & 0xff;
      zeros &= value == 0;
      readable &=
          (value >= ' ' && value != 0x7f) || value == '\n' || value == '\r' || value == '\t';
    }
    if (zeros) {
      return "not an image (its first " + length + " bytes are zero)";
    }
    String head =
        new String(bytes, 0, length, StandardCharsets.ISO_8859_1)
            .toLowerCase(Locale.ROOT)
            .replace("\u00ef\u00bb\u00bf", "")
            .stripLeading();
    if (head.contains("<svg") && head.startsWith("<")) {
      return "SVG drawing" + CONVERT;
    }
    if (head.startsWith("<!doctype html") || head.startsWith("<html")) {
      return "HTML page, no image (a download that failed?)";
    }
    if (readable) {
      return "text, no image";
    }
    return "not an image (no known signature)";
  }
}
