package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * Records of at most {@link #RECORD_BYTES}, each with its length before it and its tag behind:
 * nothing is handed on before its tag is right. Records do not cross messages.
 */
final class SealedWire implements Wire {

  /** Stays in a core's cache from the socket to the sum, and is one grain of what is passed on. */
  static final int RECORD_BYTES = 64 << 10;

  /** Records of data that one read may bring. */
  static final int READ_RECORDS = 4;

  /** A whole frame and no more: a rank may have thousands of control connections. */
  static final int CONTROL_RECORD_BYTES = ControlFrame.HEAD_BYTES + ControlFrame.MAX_BODY_BYTES;

  private final SocketChannel channel;
  private final Seal sealing;
  private final Seal opening;
  private final int recordBytes;
  private final int readRecords;
  private byte[] leaving;
  private byte[] sealed;
  private ByteBuffer out = ByteBuffer.allocate(0);
  private byte[] arriving;
  private ByteBuffer in;
  private byte[] opened;
  private ByteBuffer plain = ByteBuffer.allocate(0);
  private int start;
  private boolean ended;

  /**
   * @param recordBytes of a record at most, the same at both ends
   * @param readRecords whole records that one read may bring
   */
  SealedWire(SocketChannel channel, SessionKeys keys, int recordBytes, int readRecords) {
    this.channel = channel;
    this.sealing = new Seal(keys.outgoing());
    this.opening = new Seal(keys.incoming());
    this.recordBytes = recordBytes;
    this.readRecords = readRecords;
  }

  /** Made when first used: with most of its peers a rank exchanges no data. */
  private byte[] records(int count) {
    return new byte[count * (Integer.BYTES + recordBytes + Seal.TAG_BYTES)];
  }

  @Override
  public boolean write(ByteBuffer header, ByteBuffer payload) throws IOException {
    boolean moved = false;
    while (true) {
      if (out.hasRemaining()) {
        moved |= channel.write(out) > 0;
        if (out.hasRemaining()) {
          return moved;
        }
      }
      int count = take(header, 0);
      count = take(payload, count);
      if (count == 0) {
        return moved;
      }
      seal(count);
      moved = true;
    }
  }

  private int take(ByteBuffer from, int at) {
    if (leaving == null) {
      leaving = new byte[recordBytes];
      sealed = records(1);
      out = ByteBuffer.wrap(sealed).limit(0);
    }
    int count = Math.min(from.remaining(), leaving.length - at);
    from.get(leaving, at, count);
    return at + count;
  }

  private void seal(int count) {
    out.clear().putInt(count);
    sealing.close(leaving, count, sealed, Integer.BYTES);
    out.position(0).limit(Integer.BYTES + count + Seal.TAG_BYTES);
  }

  @Override
  public boolean flushed() {
    return !out.hasRemaining();
  }

  @Override
  public long read(ByteBuffer header, ByteBuffer payload) throws IOException {
    long moved = 0;
    while (header.hasRemaining() || payload.hasRemaining()) {
      if (!plain.hasRemaining() && !next()) {
        break;
      }
      moved += hand(header) + hand(payload);
    }
    return moved == 0 && ended ? -1 : moved;
  }

  private int hand(ByteBuffer to) {
    int count = Math.min(to.remaining(), plain.remaining());
    to.put(opened, plain.position(), count);
    plain.position(plain.position() + count);
    return count;
  }

  /** Opens the next record; false if it has not arrived whole. */
  private boolean next() throws IOException {
    if (in == null) {
      arriving = records(readRecords);
      in = ByteBuffer.wrap(arriving);
      opened = new byte[recordBytes];
      plain = ByteBuffer.wrap(opened).limit(0);
    }
    if (!isWhole()) {
      in.limit(in.position()).position(start).compact();
      start = 0;
      ended |= channel.read(in) < 0;
      if (!isWhole()) {
        return false;
      }
    }
    int count = in.getInt(start);
    opening.open(arriving, start + Integer.BYTES, count + Seal.TAG_BYTES, opened);
    plain.position(0).limit(count);
    start += Integer.BYTES + count + Seal.TAG_BYTES;
    return true;
  }

  private boolean isWhole() throws IOException {
    int available = in.position() - start;
    if (available < Integer.BYTES) {
      return false;
    }
    int count = in.getInt(start);
    if (count < 1 || count > recordBytes) {
      throw new IOException("what it sent was changed on the way: a record of " + count + " bytes");
    }
    return available >= Integer.BYTES + count + Seal.TAG_BYTES;
  }
}
