package dev.tessera.datasets.source;

import java.nio.charset.StandardCharsets;

/** Text of files that users write, as editors and spreadsheets of all systems save it. */
final class Utf8 {

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private Utf8() {}

  /** What the bytes say, without the mark that some programs put before it. */
  static String text(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(BYTE_ORDER_MARK.length()) : text;
  }
}
