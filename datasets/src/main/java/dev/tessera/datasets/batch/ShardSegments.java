package dev.tessera.datasets.batch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The mapped segments of one shard. */
final class ShardSegments {

  private final Map<Column, Integer> widths;
  private final int rowsPerSegment;
  private final List<MappedByteBuffer> maps = new ArrayList<>();
  private final List<Map<Column, Long>> positions = new ArrayList<>();

  ShardSegments(ShardCache cache, Map<Column, Integer> widths, long rows, int rowsPerSegment)
      throws IOException {
    this.widths = widths;
    this.rowsPerSegment = rowsPerSegment;
    for (int number = 0; (long) number * rowsPerSegment < rows; number++) {
      int count = (int) Math.min(rowsPerSegment, rows - (long) number * rowsPerSegment);
      open(cache.segment(number), new SegmentFile(SegmentLayout.of(count, widths)));
    }
  }

  private void open(Path path, SegmentFile segment) throws IOException {
    if (Files.size(path) != segment.bytes()) {
      throw new IOException(path + " has another length than expected; remove its folder");
    }
    try (FileChannel file = FileChannel.open(path, StandardOpenOption.READ)) {
      maps.add(file.map(FileChannel.MapMode.READ_ONLY, 0, file.size()));
    }
    Map<Column, Long> starts = new EnumMap<>(Column.class);
    for (Column column : widths.keySet()) {
      starts.put(column, segment.position(column));
    }
    positions.add(starts);
  }

  /** Copies row {@code index} of the shard to the target's position, and advances it. */
  void copy(long index, Column column, ByteBuffer target) {
    int number = (int) (index / rowsPerSegment);
    int width = widths.get(column);
    long start = positions.get(number).get(column) + index % rowsPerSegment * width;
    int to = target.position();
    target.put(to, maps.get(number), (int) start, width);
    target.position(to + width);
  }
}
