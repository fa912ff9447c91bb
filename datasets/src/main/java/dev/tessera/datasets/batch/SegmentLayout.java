package dev.tessera.datasets.batch;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;

/**
 * Where the columns of a segment begin: each at a multiple of 64 bytes of the file's body, as the
 * Arrow columnar format recommends for vector instructions.
 *
 * @param rows of the segment
 * @param widths bytes of one row by column
 * @param offsets of the columns in the body
 * @param bodyBytes length of the body, a multiple of 64
 */
record SegmentLayout(
    int rows, Map<Column, Integer> widths, Map<Column, Long> offsets, long bodyBytes) {

  static final int ALIGNMENT = 64;

  /** What a mapped file can address with room for its metadata. */
  static final long MAX_SEGMENT_BYTES = 1L << 30;

  static SegmentLayout of(int rows, Map<Column, Integer> widths) {
    Map<Column, Integer> ordered = new TreeMap<>(widths);
    Map<Column, Long> offsets = new LinkedHashMap<>();
    long offset = 0;
    for (Map.Entry<Column, Integer> column : ordered.entrySet()) {
      offsets.put(column.getKey(), offset);
      offset = align(offset + (long) rows * column.getValue());
    }
    return new SegmentLayout(rows, ordered, offsets, offset);
  }

  /** How many rows fit into a segment of at most {@code maxBytes}, at least one. */
  static int rowsThatFit(Map<Column, Integer> widths, long maxBytes) {
    long row = widths.values().stream().mapToLong(Integer::longValue).sum();
    long room = maxBytes - (1L << 16) - (long) widths.size() * ALIGNMENT;
    return (int) Math.max(1, room / row);
  }

  static long align(long value) {
    return (value + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  /** The Arrow schema of these columns. */
  Schema schema() {
    List<Field> fields = new ArrayList<>();
    for (Map.Entry<Column, Integer> column : widths.entrySet()) {
      fields.add(field(column.getKey(), column.getValue()));
    }
    return new Schema(fields);
  }

  private static Field field(Column column, int width) {
    String name = column.name().toLowerCase(Locale.ROOT);
    return switch (column) {
      case PIXELS, LATENT -> leaf(name, new ArrowType.FixedSizeBinary(width));
      case LABEL -> leaf(name, new ArrowType.Int(Integer.SIZE, true));
      case ID -> leaf(name, new ArrowType.Int(Long.SIZE, true));
      case CODES ->
          new Field(
              name,
              FieldType.notNullable(new ArrowType.FixedSizeList(width / Integer.BYTES)),
              List.of(leaf("element", new ArrowType.Int(Integer.SIZE, true))));
    };
  }

  private static Field leaf(String name, ArrowType type) {
    return new Field(name, FieldType.notNullable(type), null);
  }
}
