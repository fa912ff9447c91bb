package dev.tessera.datasets.batch;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/** Fills the segments of one shard, row after row, in place on mapped files. */
final class ShardWriter {

  private final Path folder;
  private final Map<Column, Integer> widths;
  private final long rows;
  private final int rowsPerSegment;
  private long written;
  private MappedByteBuffer map;
  private final Map<Column, Long> positions = new EnumMap<>(Column.class);

  ShardWriter(Path folder, Map<Column, Integer> widths, long rows, int rowsPerSegment) {
    this.folder = folder;
    this.widths = widths;
    this.rows = rows;
    this.rowsPerSegment = rowsPerSegment;
  }

  <R> void write(R row, RowBytes<R> bytes) throws IOException {
    int inSegment = (int) (written % rowsPerSegment);
    if (inSegment == 0) {
      openSegment((int) (written / rowsPerSegment));
    }
    for (Map.Entry<Column, Integer> column : widths.entrySet()) {
      long start = positions.get(column.getKey()) + (long) inSegment * column.getValue();
      bytes.put(row, column.getKey(), map.slice((int) start, column.getValue()));
    }
    written++;
  }

  long written() {
    return written;
  }

  void finish() {
    if (map != null) {
      map.force();
      map = null;
    }
  }

  private void openSegment(int number) throws IOException {
    finish();
    long begin = (long) number * rowsPerSegment;
    int count = (int) Math.min(rowsPerSegment, rows - begin);
    SegmentFile segment = new SegmentFile(SegmentLayout.of(count, widths));
    map = segment.create(ShardCache.segment(folder, number));
    for (Column column : widths.keySet()) {
      positions.put(column, segment.position(column));
    }
  }
}
