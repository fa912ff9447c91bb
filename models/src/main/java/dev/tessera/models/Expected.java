package dev.tessera.models;

/** What a recipe's compact constructor demands of a component. */
public final class Expected {

  private Expected() {}

  /**
   * Refuses the component of this name in the words that a recipe's reader puts at its key.
   *
   * @throws IllegalArgumentException {@code name: value (expected: ...)} unless it {@code holds}
   */
  public static void that(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }
}
