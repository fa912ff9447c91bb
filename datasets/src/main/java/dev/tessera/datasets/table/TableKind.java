package dev.tessera.datasets.table;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** The kinds of tables. */
public enum TableKind {
  IMAGES,
  CODES,
  LATENTS,
  SAMPLES,
  QUARANTINE;

  /** As written in manifests and footers. */
  @JsonValue
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The folder of a table's files below the table's own. */
  String folder() {
    return this == QUARANTINE ? "quarantine" : "data";
  }
}
