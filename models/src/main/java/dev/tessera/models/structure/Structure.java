package dev.tessera.models.structure;

import java.util.List;
import java.util.Locale;

/**
 * Named facts of a model as text that is the same for ever: on every JVM, and whatever records gain
 * later. Every fact is written out by name; doubles stand as their bits, since their decimal text
 * changed with JDK 19.
 *
 * <p>A fact that a later version adds stands only where it differs from what all older models were
 * ({@link #added}), so that their checkpoints keep their identity.
 */
public final class Structure {

  private final StringBuilder text;

  /**
   * @param family the network's or family's word, which never changes
   */
  public Structure(String family) {
    text = new StringBuilder(family);
  }

  public Structure fact(String name, long value) {
    return word(name, Long.toString(value));
  }

  public Structure fact(String name, boolean value) {
    return word(name, Boolean.toString(value));
  }

  public Structure fact(String name, double value) {
    return word(name, String.format(Locale.ROOT, "%016x", Double.doubleToLongBits(value)));
  }

  public Structure fact(String name, List<Integer> values) {
    return word(name, String.join(",", values.stream().map(v -> Integer.toString(v)).toList()));
  }

  /** One of a closed set, by a word that stays when the constant is renamed. */
  public Structure fact(String name, String word) {
    return word(name, word);
  }

  /**
   * A fact that older versions did not have.
   *
   * @param before what it was for every model of theirs
   */
  public Structure added(String name, long value, long before) {
    return value == before ? this : fact(name, value);
  }

  /** As {@link #added(String, long, long)}. */
  public Structure added(String name, boolean value, boolean before) {
    return value == before ? this : fact(name, value);
  }

  /** As {@link #added(String, long, long)}; equal means equal bits. */
  public Structure added(String name, double value, double before) {
    return Double.compare(value, before) == 0 ? this : fact(name, value);
  }

  /** As {@link #added(String, long, long)}. */
  public Structure added(String name, List<Integer> values, List<Integer> before) {
    return values.equals(before) ? this : fact(name, values);
  }

  /** As {@link #added(String, long, long)}, of words that stay when a constant is renamed. */
  public Structure added(String name, String word, String before) {
    return word.equals(before) ? this : fact(name, word);
  }

  private Structure word(String name, String value) {
    text.append(' ').append(name).append('=').append(value);
    return this;
  }

  /** All facts so far, in order. */
  public String text() {
    return text.toString();
  }
}
