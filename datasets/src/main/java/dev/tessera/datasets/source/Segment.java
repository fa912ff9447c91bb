package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.io.Serializable;

/**
 * A run of pictures of one file.
 *
 * @param path the file
 * @param name of the file as it goes to the tables: relative to the source's root
 * @param id of the picture {@code from}; ids are consecutive over the whole source
 * @param from first picture in the file
 * @param to picture after the last
 * @param label class of all these pictures, or -1 if the file says it or there is none
 * @param split of all these pictures, or null if the source has none
 */
public record Segment(
    String path, String name, long id, long from, long to, int label, Subset split)
    implements Serializable {

  static final int NO_LABEL = -1;

  static Segment of(String path, String name, long id, long count) {
    return new Segment(path, name, id, 0, count, NO_LABEL, null);
  }

  /** Number of pictures. */
  public long count() {
    return to - from;
  }

  /** The pictures with ids in [begin, end) that are in this segment. */
  Segment clip(long begin, long end) {
    long first = Math.max(0, begin - id);
    long last = Math.min(count(), end - id);
    return new Segment(path, name, id + first, from + first, from + last, label, split);
  }
}
