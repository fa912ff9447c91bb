package dev.tessera.jobs.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** How Java's names are spelled in a recipe. */
final class KeyNames {

  /**
   * A capital after a small letter or digit begins a word, unless it ends the name; so does a digit
   * between letters.
   */
  private static final Pattern WORD =
      Pattern.compile("(?<=[a-z0-9])(?=[A-Z][a-z0-9])|(?<=[a-z])(?=[0-9][a-z])");

  private KeyNames() {}

  /** {@code learningRate} is {@code learning-rate}, {@code DiT} is {@code dit}. */
  static String of(String javaName) {
    return WORD.matcher(javaName).replaceAll("-").toLowerCase(Locale.ROOT);
  }

  /** {@code LINEAR_WARMUP} is {@code linear-warmup}. */
  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The path of {@code key} within the group at {@code path}. */
  static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
