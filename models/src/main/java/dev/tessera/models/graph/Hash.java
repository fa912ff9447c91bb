package dev.tessera.models.graph;

/** 64-bit hashes that are the same on every JVM, for seeds, sites and keys. */
public final class Hash {

  private Hash() {}

  /** The finaliser of splitmix64 (Steele, Lea and Flood 2014). */
  public static long mix(long x) {
    long z = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** A hash of numbers in order. */
  public static long of(long... values) {
    long h = 0x9E3779B97F4A7C15L;
    for (long value : values) {
      h = mix(h + 0x9E3779B97F4A7C15L ^ mix(value + 0xD1342543DE82EF95L));
    }
    return h;
  }

  /** A hash of text. */
  public static long of(String text) {
    long h = text.length();
    for (int i = 0; i < text.length(); i++) {
      h = mix(h * 31 + text.charAt(i));
    }
    return h;
  }
}
