package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** The data connection to one peer, used by the rank thread alone but for {@link #close}. */
final class Link implements AutoCloseable {

  /** Room for both neighbours to work ahead while one of them sums. */
  static final int SOCKET_BUFFER_BYTES = 2 << 20;

  private final Peer peer;
  private final SocketChannel channel;
  private final Wire wire;
  private final SelectionKey key;

  Link(Peer peer, Connection connection, Selector selector) throws IOException {
    this.peer = peer;
    this.channel = connection.channel();
    this.wire = Wire.ofData(channel, connection.keys());
    channel.configureBlocking(false);
    this.key = channel.register(selector, 0);
  }

  Peer peer() {
    return peer;
  }

  /** Takes what there is room for; returns whether anything moved. */
  boolean write(ByteBuffer header, ByteBuffer payload) throws IOException {
    return wire.write(header, payload);
  }

  /** Whether all that was taken is on its way. */
  boolean flushed() {
    return wire.flushed();
  }

  /** Reads what has arrived; -1 at the stream's end. */
  long read(ByteBuffer header, ByteBuffer payload) throws IOException {
    return wire.read(header, payload);
  }

  /** What the next select waits for; costs nothing if unchanged. */
  void interest(int operations) {
    if (key.interestOps() != operations) {
      key.interestOps(operations);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is owed to a connection that is being dropped.
    }
  }
}
