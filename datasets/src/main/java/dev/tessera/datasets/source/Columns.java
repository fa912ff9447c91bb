package dev.tessera.datasets.source;

import java.io.Serializable;

/**
 * Names of a Parquet table's columns.
 *
 * @param image with the picture's bytes
 * @param label with its class
 * @param caption with its description
 * @param group rows that are equal here are held out together
 */
public record Columns(String image, String label, String caption, String group)
    implements Serializable {

  /** To be found by the usual names. */
  public static final String AUTO = "auto";

  /** Not to be read. */
  public static final String NONE = "none";

  public Columns {
    require("image", image);
    require("label", label);
    require("caption", caption);
    require("group", group);
    if (image.equals(NONE)) {
      throw new IllegalArgumentException("image: none (expected: a column, or auto)");
    }
    if (group.equals(AUTO)) {
      throw new IllegalArgumentException("group: auto (expected: a column, or none)");
    }
  }

  /** All by their usual names; no groups but those of equal pictures. */
  public static Columns defaults() {
    return new Columns(AUTO, AUTO, AUTO, NONE);
  }

  private static void require(String key, String name) {
    if (name.isBlank()) {
      throw new IllegalArgumentException(key + ": nothing (expected: a column's name)");
    }
  }
}
