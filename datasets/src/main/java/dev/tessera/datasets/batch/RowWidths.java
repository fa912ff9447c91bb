package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Bytes of one row of each column of a table. */
final class RowWidths {

  private RowWidths() {}

  static Map<Column, Integer> of(TableManifest manifest, Collection<Column> columns) {
    Map<Column, Integer> widths = new EnumMap<>(Column.class);
    for (Column column : columns) {
      widths.put(column, width(manifest, column));
    }
    if (widths.isEmpty()) {
      throw new IllegalArgumentException("columns: none (expected: one or more)");
    }
    return widths;
  }

  private static int width(TableManifest manifest, Column column) {
    return switch (column) {
      case LABEL -> Integer.BYTES;
      case ID -> Long.BYTES;
      case PIXELS -> {
        require(manifest, TableKind.IMAGES, column);
        yield 3 * manifest.imageSize() * manifest.imageSize();
      }
      case CODES -> {
        require(manifest, TableKind.CODES, column);
        yield manifest.codes().length() * Integer.BYTES;
      }
      case LATENT -> {
        require(manifest, TableKind.LATENTS, column);
        yield manifest.latents().bytes();
      }
    };
  }

  private static void require(TableManifest manifest, TableKind kind, Column column) {
    if (manifest.kind() != kind) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "A table of %s has no column %s (expected: a table of %s)",
              manifest.kind().label(),
              column,
              kind.label()));
    }
  }
}
