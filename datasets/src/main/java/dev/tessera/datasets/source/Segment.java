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
 * @param extra what else the listing found out, or null
 */
public record Segment(
    String path, String name, long id, long from, long to, int label, Subset split, Extra extra)
    implements Serializable {

  static final int NO_LABEL = -1;

  /** What a listing may know of one picture beside its file. */
  sealed interface Extra extends Serializable {}

  /** Words from a table of captions. */
  record Caption(String text) implements Extra {}

  /** The place of a file of words beside the picture. */
  record CaptionFile(String location) implements Extra {}

  /** The place of such a file in the picture's own zip. */
  record CaptionEntry(long place) implements Extra {}

  /** The reason why there is nothing to read. */
  record Problem(String reason) implements Extra {}

  static Segment of(String path, String name, long id, long count) {
    return new Segment(path, name, id, 0, count, NO_LABEL, null, null);
  }

  Segment with(Subset side) {
    return new Segment(path, name, id, from, to, label, side, extra);
  }

  /** The same run, longer. */
  Segment to(long end) {
    return new Segment(path, name, id, from, end, label, split, extra);
  }

  /** Whether the pictures differ in nothing but their places, and nothing else is known. */
  boolean isLike(Segment other) {
    return extra == null
        && other.extra == null
        && label == other.label
        && split == other.split
        && path.equals(other.path)
        && name.equals(other.name);
  }

  /** Number of pictures. */
  public long count() {
    return to - from;
  }

  /** The pictures with ids in [begin, end) that are in this segment. */
  Segment clip(long begin, long end) {
    long first = Math.max(0, begin - id);
    long last = Math.min(count(), end - id);
    return new Segment(path, name, id + first, from + first, from + last, label, split, extra);
  }
}
