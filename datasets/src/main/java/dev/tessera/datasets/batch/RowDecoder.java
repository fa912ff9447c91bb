package dev.tessera.datasets.batch;

import java.io.Closeable;
import java.nio.ByteBuffer;

/**
 * Puts columns of rows that a {@link SequentialReader} has read into memory: what takes long of
 * pictures. Any number of decoders may work beside one reader, each on a thread of its own.
 *
 * @param <R> the row's record
 */
public final class RowDecoder<R> implements Closeable {

  private final RowBytes<R> bytes;

  RowDecoder(RowBytes<R> bytes) {
    this.bytes = bytes;
  }

  /**
   * Appends a column of a row to the target.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException naming table and row, if its content is
   *     not what the manifest says
   */
  public void put(R row, Column column, ByteBuffer target) {
    bytes.put(row, column, target);
  }

  @Override
  public void close() {
    bytes.close();
  }
}
