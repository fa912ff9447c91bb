package dev.tessera.datasets.source;

import java.io.Closeable;
import java.io.IOException;

/** The pictures of a split, read one after the other. Not for several threads. */
public interface RawImages extends Closeable {

  /** The next picture, or null at the end. */
  RawImage next() throws IOException;
}
