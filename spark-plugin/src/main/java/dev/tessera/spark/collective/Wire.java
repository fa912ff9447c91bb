package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** How bytes of messages become bytes of a connection. The channel does not block. */
sealed interface Wire permits PlainWire, SealedWire {

  /**
   * Takes of {@code header}, then of {@code payload}, what there is room for.
   *
   * @return whether anything moved
   */
  boolean write(ByteBuffer header, ByteBuffer payload) throws IOException;

  /** Whether all that was taken has been given to the connection. */
  boolean flushed();

  /** Fills {@code header}, then {@code payload}, with what has arrived; -1 at the stream's end. */
  long read(ByteBuffer header, ByteBuffer payload) throws IOException;

  /** For sums and parameters. Null keys leave everything as it is. */
  static Wire ofData(SocketChannel channel, SessionKeys keys) {
    return keys == null
        ? new PlainWire(channel)
        : new SealedWire(channel, keys, SealedWire.RECORD_BYTES, SealedWire.READ_RECORDS);
  }

  /** For control frames, which are short and few. */
  static Wire ofControl(SocketChannel channel, SessionKeys keys) {
    return keys == null
        ? new PlainWire(channel)
        : new SealedWire(channel, keys, SealedWire.CONTROL_RECORD_BYTES, 1);
  }
}
