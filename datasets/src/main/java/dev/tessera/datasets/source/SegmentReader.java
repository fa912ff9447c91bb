package dev.tessera.datasets.source;

import java.io.IOException;
import java.util.Iterator;

/** Reads a split by opening its segments one after the other. */
final class SegmentReader implements RawImages {

  /** Opens one segment. */
  @FunctionalInterface
  interface Opener {
    RawImages open(Segment segment) throws IOException;
  }

  private final Iterator<Segment> segments;
  private final Opener opener;
  private RawImages current;

  SegmentReader(Split split, Opener opener) {
    this.segments = split.segments().iterator();
    this.opener = opener;
  }

  @Override
  public RawImage next() throws IOException {
    while (true) {
      RawImage image = current == null ? null : current.next();
      if (image != null) {
        return image;
      }
      close();
      if (!segments.hasNext()) {
        return null;
      }
      current = opener.open(segments.next());
    }
  }

  @Override
  public void close() throws IOException {
    if (current != null) {
      current.close();
      current = null;
    }
  }
}
