package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** Straight between the connection and tensor memory. */
record PlainWire(SocketChannel channel) implements Wire {

  @Override
  public boolean write(ByteBuffer header, ByteBuffer payload) throws IOException {
    return header.hasRemaining()
        ? channel.write(new ByteBuffer[] {header, payload}) > 0
        : channel.write(payload) > 0;
  }

  @Override
  public boolean flushed() {
    return true;
  }

  @Override
  public long read(ByteBuffer header, ByteBuffer payload) throws IOException {
    return header.hasRemaining()
        ? channel.read(new ByteBuffer[] {header, payload})
        : channel.read(payload);
  }
}
