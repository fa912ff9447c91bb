package dev.tessera.datasets.source;

import java.util.Collection;
import java.util.Optional;

/** Folders {@code key=value}, as Hive and Spark's {@code partitionBy} name them. */
final class HiveFolders {

  private static final String NONE = "__HIVE_DEFAULT_PARTITION__";

  private HiveFolders() {}

  /** The key that all the folders share, if each has one. */
  static Optional<String> key(Collection<String> folders) {
    String key = null;
    for (String folder : folders) {
      int equals = folder.indexOf('=');
      if (equals < 1 || (key != null && !key.equals(folder.substring(0, equals)))) {
        return Optional.empty();
      }
      key = folder.substring(0, equals);
    }
    return Optional.ofNullable(key);
  }

  /** The value of a folder, with its escapes ({@code %3A}) undone; null for Hive's null. */
  static String value(String folder) {
    String value = folder.substring(folder.indexOf('=') + 1);
    if (value.equals(NONE)) {
      return null;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) == '%' && isHex(value, i + 1)) {
        text.append((char) Integer.parseInt(value, i + 1, i + 3, 16));
        i += 2;
      } else {
        text.append(value.charAt(i));
      }
    }
    return text.toString();
  }

  private static boolean isHex(String text, int at) {
    return at + 2 <= text.length()
        && Character.digit(text.charAt(at), 16) >= 0
        && Character.digit(text.charAt(at + 1), 16) >= 0;
  }
}
