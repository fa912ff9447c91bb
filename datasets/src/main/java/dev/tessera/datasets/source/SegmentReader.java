package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.EOFException;
import java.io.IOException;
import java.util.Iterator;
import java.util.zip.ZipException;

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
  private Segment segment;

  SegmentReader(Split split, Opener opener) {
    this.segments = split.segments().iterator();
    this.opener = opener;
  }

  @Override
  public RawImage next() throws IOException {
    try {
      while (true) {
        RawImage image = current == null ? null : current.next();
        if (image != null) {
          return image;
        }
        close();
        if (!segments.hasNext()) {
          return null;
        }
        segment = segments.next();
        current = opener.open(segment);
      }
    } catch (EOFException | ZipException e) {
      // The listing saw it whole.
      throw new InvalidDatasetException(
          segment.path()
              + " is damaged or changed while it was read ("
              + e.getMessage()
              + "): fetch it again, or leave it out with --exclude",
          e);
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
