package dev.tessera.spark.settings;

import java.io.Serializable;

/**
 * Ports that ranks may listen on.
 *
 * @param first 0 for any free port
 * @param last not below the first
 */
public record PortRange(int first, int last) implements Serializable {

  /** Whatever port is free. */
  public static final PortRange ANY = new PortRange(0, 0);

  private static final int HIGHEST = 65535;

  public PortRange {
    boolean any = first == 0 && last == 0;
    if (!any && (first < 1024 || last < first || last > HIGHEST)) {
      throw new IllegalArgumentException(
          "ports: "
              + first
              + "-"
              + last
              + " (expected: 0, or a range within 1024-"
              + HIGHEST
              + ")");
    }
  }

  /**
   * Reads {@code 0}, {@code first-last}, or {@code first} for so many retries as Spark makes with
   * its own ports.
   *
   * @throws IllegalArgumentException for anything else
   */
  static PortRange parse(String text, int retries) {
    int dash = text.indexOf('-');
    int first = Integer.parseInt(dash < 0 ? text : text.substring(0, dash).strip());
    if (dash >= 0) {
      return new PortRange(first, Integer.parseInt(text.substring(dash + 1).strip()));
    }
    return first == 0 ? ANY : new PortRange(first, Math.min(HIGHEST, first + retries));
  }

  @Override
  public String toString() {
    return first + "-" + last;
  }
}
