package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The sending side of a message: a header, then segments straight out of tensor memory. */
final class Outbox {

  /** Passing on less than this at a time would cost more calls than it hides latency. */
  private static final int GRAIN_BYTES = 64 << 10;

  /** One write's share, so that reading gets its turn. */
  private static final int WRITE_BYTES = 512 << 10;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Link link;
  private final ByteBuffer header;
  private final Segments segments;
  private final long lead;
  private int next;
  private ByteBuffer view = NOTHING;
  private long viewEnd;
  private long sent;

  /**
   * @param header a buffer of this outbox's own, filled with the header
   * @param lead bytes that may go at once; the rest follows what the inbox has finished, byte for
   *     byte
   */
  Outbox(Link link, ByteBuffer header, MessageHeader message, Segments segments, long lead) {
    this.link = link;
    this.header = header;
    this.segments = segments;
    this.lead = lead;
    message.put(header.clear());
    header.flip();
    advance();
  }

  Link link() {
    return link;
  }

  /** Payload bytes that the link has taken so far. */
  long sent() {
    return sent;
  }

  boolean done() {
    return sent == segments.bytes() && !header.hasRemaining() && link.flushed();
  }

  /** Whether there is something to write, the inbox having finished {@code received} bytes. */
  boolean ready(long received) {
    return header.hasRemaining() || payloadReady(received) > 0 || !link.flushed();
  }

  /** Writes a share of what is ready; returns whether anything was written. */
  boolean write(long received) throws IOException {
    int share = (int) Math.min(payloadReady(received), Math.min(WRITE_BYTES, viewEnd - sent));
    int before = view.position();
    view.limit(before + share);
    boolean moved = link.write(header, view);
    sent += view.position() - before;
    advance();
    return moved;
  }

  private long payloadReady(long received) {
    long available = Math.min(segments.bytes(), lead + received) - sent;
    return available >= GRAIN_BYTES || sent + available >= viewEnd ? available : 0;
  }

  private void advance() {
    if (sent == viewEnd && next < segments.count()) {
      view = segments.run(next++).asBuffer();
      viewEnd += view.capacity();
    }
  }
}
