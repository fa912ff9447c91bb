package dev.tessera.models.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A file open for reading at any position. */
interface FileSource extends Closeable {

  /** The path, for messages. */
  String name();

  /** The number of bytes when it was opened. */
  long length();

  /** Fills the rest of {@code target}, or throws {@link java.io.EOFException}. */
  void readFully(long position, ByteBuffer target) throws IOException;
}
