package dev.tessera.spark.collective;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What ranks tell each other beside the data: on a connection of its own, read at any time. */
sealed interface ControlFrame {

  /** A type and a length precede a frame's body. */
  int HEAD_BYTES = 1 + Integer.BYTES;

  int MAX_BODY_BYTES = 4096;

  /** What precedes a position's text. */
  int POSITION_BYTES = Long.BYTES + Integer.BYTES + 1;

  /** The collective is broken, for this reason. */
  record Abort(String reason) implements ControlFrame {}

  /** The sender has closed its collective in good order. */
  record Goodbye() implements ControlFrame {}

  /** Where are you? Answered by a {@link Position}. */
  record Inquiry() implements ControlFrame {}

  /**
   * The call that the sender has entered last.
   *
   * @param operation null before the first call
   * @param inside whether it is still in that call
   * @param apart what it does beside all calls, empty for nothing that it has told
   */
  record Position(long sequence, Operation operation, boolean inside, String apart)
      implements ControlFrame {

    @Override
    public String toString() {
      return operation == null ? "no call yet" : operation + " #" + sequence;
    }
  }

  /** The frame's bytes, ready to be written. */
  static ByteBuffer encode(ControlFrame frame) {
    ByteBuffer buffer = ByteBuffer.allocate(HEAD_BYTES + MAX_BODY_BYTES).position(HEAD_BYTES);
    byte type;
    if (frame instanceof Abort abort) {
      type = 'A';
      put(buffer, abort.reason());
    } else if (frame instanceof Position position) {
      type = 'P';
      int operation = position.operation() == null ? 0 : position.operation().code();
      buffer.putLong(position.sequence()).putInt(operation);
      buffer.put((byte) (position.inside() ? 1 : 0));
      put(buffer, position.apart());
    } else {
      type = (byte) (frame instanceof Inquiry ? 'I' : 'G');
    }
    buffer.put(0, type).putInt(1, buffer.position() - HEAD_BYTES);
    return buffer.flip();
  }

  /** As much of {@code text} as there is room for. */
  private static void put(ByteBuffer buffer, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    buffer.put(bytes, 0, Math.min(bytes.length, buffer.remaining()));
  }

  /**
   * The next whole frame of {@code buffer}, or null if it holds none yet.
   *
   * @throws IllegalArgumentException for bytes that are no frame
   */
  static ControlFrame decode(ByteBuffer buffer) {
    if (buffer.remaining() < HEAD_BYTES) {
      return null;
    }
    byte type = buffer.get(buffer.position());
    int length = buffer.getInt(buffer.position() + 1);
    if (length < 0 || length > MAX_BODY_BYTES) {
      throw new IllegalArgumentException("control frame of " + length + " bytes");
    }
    if (buffer.remaining() < HEAD_BYTES + length) {
      return null;
    }
    ByteBuffer body = buffer.slice(buffer.position() + HEAD_BYTES, length);
    buffer.position(buffer.position() + HEAD_BYTES + length);
    return decode(type, body);
  }

  private static ControlFrame decode(byte type, ByteBuffer body) {
    return switch (type) {
      case 'A' -> new Abort(text(body));
      case 'P' -> position(body);
      case 'I' -> new Inquiry();
      case 'G' -> new Goodbye();
      default -> throw new IllegalArgumentException("control frame of type " + type);
    };
  }

  private static Position position(ByteBuffer body) {
    if (body.remaining() < POSITION_BYTES) {
      throw new IllegalArgumentException("position of " + body.remaining() + " bytes");
    }
    return new Position(body.getLong(), Operation.of(body.getInt()), body.get() != 0, text(body));
  }

  private static String text(ByteBuffer body) {
    return StandardCharsets.UTF_8.decode(body).toString();
  }
}
