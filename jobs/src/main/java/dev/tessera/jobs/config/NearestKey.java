package dev.tessera.jobs.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/** Guesses which word was meant by one that does not exist, a key or another name. */
public final class NearestKey {

  private NearestKey() {}

  /**
   * The candidate with the least edit distance to {@code written}, if it is near: at most a third
   * of the letters differ. Case, hyphens and underscores do not count. Of equals the first wins in
   * alphabetical order.
   */
  public static Optional<String> of(String written, Collection<String> candidates) {
    String plain = plain(written);
    return candidates.stream()
        .filter(c -> distance(plain, plain(c)) <= Math.max(1, plain(c).length() / 3))
        .min(
            Comparator.comparingInt((String c) -> distance(plain, plain(c)))
                .thenComparing(Comparator.naturalOrder()));
  }

  private static String plain(String key) {
    return key.toLowerCase(Locale.ROOT).replace("-", "").replace("_", "");
  }

  /**
   * Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other
   * (optimal string alignment).
   */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        d[i][j] = i == 0 || j == 0 ? i + j : cell(d, a, b, i, j);
      }
    }
    return d[a.length()][b.length()];
  }

  private static int cell(int[][] d, String a, String b, int i, int j) {
    int substitution = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
    int best = Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + substitution);
    boolean swapped =
        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
    return swapped ? Math.min(best, d[i - 2][j - 2] + 1) : best;
  }
}
