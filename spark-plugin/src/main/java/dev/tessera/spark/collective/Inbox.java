package dev.tessera.spark.collective;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * The receiving side of a message. The first segments are sums: they arrive in a staging buffer
 * that stays in the cache and are added to tensor memory. The others are read into it.
 */
final class Inbox {

  private static final int READ_BYTES = 1 << 20;

  private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

  private final Link link;
  private final MessageHeader expected;
  private final ByteBuffer header;
  private final Segments segments;
  private final int sums;
  private final ByteBuffer staging;
  private final long stagingAddress;
  private final FloatSum sum;
  private int next;
  private ByteBuffer view = NOTHING;
  private long viewAddress;
  private long viewEnd;
  private long received;
  private int staged;

  /**
   * @param sums how many of the first segments are added, not copied
   */
  Inbox(Link link, MessageHeader expected, Workspace workspace, Segments segments, int sums) {
    this.link = link;
    this.expected = expected;
    this.header = workspace.inHeader().clear();
    this.segments = segments;
    this.sums = sums;
    this.staging = workspace.staging();
    this.stagingAddress = workspace.stagingAddress();
    this.sum = sums > 0 ? FloatSums.chosen() : null;
    advance();
  }

  Link link() {
    return link;
  }

  /** Payload bytes that lie in tensor memory, summed where they are to be. */
  long received() {
    return received;
  }

  long missing() {
    return segments.bytes() - received;
  }

  boolean done() {
    return missing() == 0 && !header.hasRemaining();
  }

  /**
   * Reads what has arrived; returns whether anything had.
   *
   * @throws EOFException if the peer has closed the connection
   */
  boolean read() throws IOException {
    boolean adds = viewAddress != 0 && next <= sums;
    ByteBuffer target = adds ? stage() : view.limit(share());
    boolean headless = header.hasRemaining();
    long count = link.read(header, target);
    if (count < 0) {
      throw new EOFException("the connection was closed");
    }
    if (headless && !header.hasRemaining()) {
      check();
    }
    if (adds) {
      addStaged();
    } else {
      received += target.position() - viewPosition();
    }
    advance();
    return count > 0;
  }

  private int viewPosition() {
    return (int) (received - (viewEnd - view.capacity()));
  }

  private int share() {
    return (int) Math.min(view.capacity(), (long) view.position() + READ_BYTES);
  }

  private ByteBuffer stage() {
    int room = (int) Math.min(staging.capacity(), viewEnd - received);
    return staging.limit(room).position(staged);
  }

  private void addStaged() {
    int count = staging.position() / Float.BYTES;
    int bytes = count * Float.BYTES;
    staged = staging.position() - bytes;
    if (count > 0) {
      sum.add(stagingAddress, viewAddress + viewPosition(), count);
      received += bytes;
      for (int i = 0; i < staged; i++) {
        staging.put(i, staging.get(bytes + i)); // a float that arrived in part
      }
    }
  }

  private void advance() {
    if (received == viewEnd && next < segments.count()) {
      viewAddress = segments.run(next).address();
      view = segments.run(next++).asBuffer();
      viewEnd += view.capacity();
    }
  }

  private void check() {
    MessageHeader actual = MessageHeader.get(header.flip());
    if (!expected.equals(actual)) {
      String theirs = actual == null ? "something that is no message of ours" : actual.toString();
      throw new OutOfStepException(
          link.peer() + " is out of step: it is in " + theirs + ", this rank in " + expected);
    }
  }
}
