package dev.tessera.datasets.source;

import java.io.Serializable;
import java.util.List;

/**
 * What one task reads: consecutive pictures of a source.
 *
 * @param number 0, 1, 2, ... in the order of the source
 */
public record Split(int number, List<Segment> segments) implements Serializable {

  public Split {
    segments = List.copyOf(segments);
  }

  /** Number of pictures. */
  public long count() {
    return segments.stream().mapToLong(Segment::count).sum();
  }
}
