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

  static final String QUARANTINE_FOLDER = "_quarantine";

  /**
   * The folder of a split's files below the table's own. Spark reads the table's folder as one that
   * is partitioned by split; what begins with an underscore it leaves out.
   */
  String folder(Subset split) {
    return this == QUARANTINE ? QUARANTINE_FOLDER : folderOf(split);
  }

  static String folderOf(Subset split) {
    return "split=" + split.label();
  }
}
