package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control connection to one peer: any thread sends, the watch thread receives. */
final class ControlLink implements AutoCloseable {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private static final Logger LOG = LoggerFactory.getLogger(ControlLink.class);

  private final Peer peer;
  private final SocketChannel channel;
  private final Wire wire;
  private final ByteBuffer incoming =
      ByteBuffer.allocate(2 * (ControlFrame.HEAD_BYTES + ControlFrame.MAX_BODY_BYTES));
  private volatile boolean departed;

  ControlLink(Peer peer, Connection connection, Selector selector) throws IOException {
    this.peer = peer;
    this.channel = connection.channel();
    this.wire = Wire.ofControl(channel, connection.keys());
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, this);
  }

  Peer peer() {
    return peer;
  }

  /** Whether the peer has said goodbye. */
  boolean departed() {
    return departed;
  }

  /**
   * Sends if the connection takes it. Frames are few and small: a socket without room for one is
   * that of a peer that no longer reads.
   */
  synchronized void send(ControlFrame frame) {
    try {
      wire.write(NOTHING, ControlFrame.encode(frame));
    } catch (IOException e) {
      // A lost peer is reported by the reading side.
    }
  }

  /**
   * Hands on what has arrived; false at the stream's end, and where what arrived is nothing that a
   * peer of ours sends: a peer that speaks so is lost.
   */
  boolean receive(Consumer<ControlFrame> receiver) {
    try {
      long count;
      do {
        count = wire.read(NOTHING, incoming);
        incoming.flip();
        for (ControlFrame frame; (frame = ControlFrame.decode(incoming)) != null; ) {
          departed |= frame instanceof ControlFrame.Goodbye;
          receiver.accept(frame);
        }
        incoming.compact();
      } while (count > 0); // a record that stays with the wire wakes nobody
      return count >= 0;
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("The control connection of {} cannot be read", peer, e);
      return false;
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
