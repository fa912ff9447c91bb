package dev.tessera.models.evaluation;

/** The argument checks that every measure makes. */
final class Checks {

  private Checks() {}

  static void positive(String name, double value) {
    if (!(value > 0)) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: more than 0)");
    }
  }

  static void sameLength(String name, long length, long expected) {
    if (length != expected) {
      throw new IllegalArgumentException(
          name + ": " + length + " values (expected: " + expected + ")");
    }
  }

  /** The number of images of {@code dimensions} values in an array. */
  static int images(String name, int length, int dimensions) {
    if (length % dimensions != 0) {
      throw new IllegalArgumentException(
          name + ": " + length + " values (expected: a multiple of " + dimensions + ")");
    }
    return length / dimensions;
  }
}
