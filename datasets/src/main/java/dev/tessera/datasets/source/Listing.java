package dev.tessera.datasets.source;

import java.util.ArrayList;
import java.util.List;

/**
 * All pictures of a source, in its order.
 *
 * @param segments with consecutive ids from 0
 * @param classNames of all labels that the pictures can have; empty if there are none
 * @param reader opens the segments: the source, with what the listing found out
 */
public record Listing(List<Segment> segments, List<String> classNames, ImageSource reader) {

  public Listing {
    segments = List.copyOf(segments);
    classNames = List.copyOf(classNames);
  }

  /** Number of pictures. */
  public long count() {
    return segments.stream().mapToLong(Segment::count).sum();
  }

  /** Cuts into {@code wanted} runs of nearly equal length; fewer if there are fewer pictures. */
  public List<Split> splits(int wanted) {
    long count = count();
    int parts = (int) Math.max(1, Math.min(wanted, count));
    List<Split> splits = new ArrayList<>(parts);
    int next = 0;
    for (int part = 0; part < parts; part++) {
      long begin = count * part / parts;
      long end = count * (part + 1) / parts;
      List<Segment> mine = new ArrayList<>();
      while (next < segments.size() && segments.get(next).id() < end) {
        Segment segment = segments.get(next);
        mine.add(segment.clip(begin, end));
        if (segment.id() + segment.count() > end) {
          break;
        }
        next++;
      }
      splits.add(new Split(part, mine));
    }
    return splits;
  }
}
