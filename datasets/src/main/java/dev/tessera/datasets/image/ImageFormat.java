package dev.tessera.datasets.image;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Encoded formats, told apart by their first bytes. Only PNG and JPEG are decoded. */
@SuppressWarnings("ImmutableEnumChecker") // Arrays and lists that nothing changes.
public enum ImageFormat {
  PNG(List.of("png"), new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}),
  JPEG(List.of("jpg", "jpeg", "jpe", "jfif"), new byte[] {(byte) 0xff, (byte) 0xd8, (byte) 0xff}),
  GIF(List.of("gif"), ascii("GIF8")),
  BMP(List.of("bmp"), ascii("BM")),
  TIFF(List.of("tif", "tiff"), new byte[] {'I', 'I', 42, 0}, new byte[] {'M', 'M', 0, 42}),
  WEBP(List.of("webp"), ascii("RIFF"));

  private static final int WEBP_TAG = 8;

  private final List<String> extensions;
  private final byte[][] magics;

  ImageFormat(List<String> extensions, byte[]... magics) {
    this.extensions = extensions;
    this.magics = magics;
  }

  /** Whether {@link ImageDecoder} reads it. */
  public boolean supported() {
    return this == PNG || this == JPEG;
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
    if (this == WEBP && !startsWith(bytes, WEBP_TAG, ascii("WEBP"))) {
      return false;
    }
    return Arrays.stream(magics).anyMatch(magic -> startsWith(bytes, 0, magic));
  }

  private static boolean startsWith(byte[] bytes, int offset, byte[] magic) {
    return bytes.length >= offset + magic.length
        && Arrays.equals(bytes, offset, offset + magic.length, magic, 0, magic.length);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
