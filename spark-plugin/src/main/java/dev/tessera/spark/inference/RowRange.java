package dev.tessera.spark.inference;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** Consecutive rows of a task, a whole number of batches but for the last. */
public record RowRange(long from, long to) implements Serializable {

  /**
   * {@code count} rows of [from, to) in {@code parts} ranges that begin at equal distances.
   *
   * @param count at most {@code to - from}
   * @param parts at most {@code count}
   */
  public static List<RowRange> spread(long from, long to, int count, int parts) {
    List<RowRange> ranges = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      int before = (int) ((long) count * i / parts);
      int after = (int) ((long) count * (i + 1) / parts);
      // What lies between two ranges is shared out too, so that they never overlap.
      long start = from + before + (to - from - count) * i / parts;
      ranges.add(new RowRange(start, start + after - before));
    }
    return ranges;
  }

  /** At most {@code parts} ranges that together cover {@code rows} rows. */
  public static List<RowRange> split(long rows, int batch, int parts) {
    long batches = (rows + batch - 1) / batch;
    int count = (int) Math.max(1, Math.min(parts, batches));
    List<RowRange> ranges = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long from = batches * i / count * batch;
      long to = Math.min(rows, batches * (i + 1) / count * batch);
      ranges.add(new RowRange(from, to));
    }
    return ranges;
  }
}
