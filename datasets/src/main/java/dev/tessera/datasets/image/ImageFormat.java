package dev.tessera.datasets.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The formats that {@link ImageDecoder} reads, told apart by their first bytes. */
@SuppressWarnings("ImmutableEnumChecker") // Arrays and lists that nothing changes.
public enum ImageFormat {
  PNG(List.of("png", "apng"), new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}),
  JPEG(List.of("jpg", "jpeg", "jpe", "jfif"), new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff}),
  GIF(List.of("gif"), ascii("GIF8")),
  BMP(List.of("bmp", "dib"), ascii("BM")),
  TIFF(List.of("tif", "tiff"), new byte[] {'I', 'I', 42, 0}, new byte[] {'M', 'M', 0, 42}),
  WEBP(List.of("webp"), ascii("RIFF"));

  /** For messages: what is read. */
  static final String ALL = "PNG, JPEG, WebP, GIF, BMP or TIFF";

  private static final int WEBP_TAG = 8;

  private final List<String> extensions;
  private final byte[][] magics;

  ImageFormat(List<String> extensions, byte[]... magics) {
    this.extensions = extensions;
    this.magics = magics;
  }

  /** The format whose signature begins {@code bytes}, if any. */
  public static Optional<ImageFormat> sniff(byte[] bytes) {
    return Arrays.stream(values()).filter(format -> format.begins(bytes)).findFirst();
  }

  /** The format that a file name claims by its extension, if it claims one. */
  public static Optional<ImageFormat> claimedBy(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int dot = name.lastIndexOf('.');
    String extension = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> format.extensions.contains(extension))
        .findFirst();
  }

  private boolean begins(byte[] bytes) {
    if (this == WEBP && !Signature.at(bytes, WEBP_TAG, ascii("WEBP"))) {
      return false;
    }
    return Arrays.stream(magics).anyMatch(magic -> Signature.at(bytes, 0, magic));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
