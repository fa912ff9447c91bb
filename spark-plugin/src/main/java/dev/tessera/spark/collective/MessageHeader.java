package dev.tessera.spark.collective;

import java.nio.ByteBuffer;

/**
 * What precedes every message's payload, so that ranks out of step are told so instead of summing
 * unlike things. 32 bytes on the wire, big-endian.
 *
 * @param sequence number of the call on this collective, from 1
 * @param operation the call's operation
 * @param elements float32 values of the whole call, not of this message
 * @param root the broadcast's root, 0 for other operations
 * @param round number of the message within the call
 */
record MessageHeader(long sequence, Operation operation, long elements, int root, int round) {

  static final int BYTES = 32;
  private static final int MAGIC = 0x54455353;

  MessageHeader inRound(int number) {
    return new MessageHeader(sequence, operation, elements, root, number);
  }

  void put(ByteBuffer buffer) {
    buffer.putInt(MAGIC).putInt(operation.code()).putLong(sequence).putLong(elements);
    buffer.putInt(root).putInt(round);
  }

  /** Null if the bytes are no header. */
  static MessageHeader get(ByteBuffer buffer) {
    int magic = buffer.getInt();
    Operation operation = Operation.of(buffer.getInt());
    MessageHeader header =
        new MessageHeader(
            buffer.getLong(), operation, buffer.getLong(), buffer.getInt(), buffer.getInt());
    return magic == MAGIC && operation != null ? header : null;
  }

  /** The call, as errors name it. */
  String call() {
    return operation + " #" + sequence;
  }

  @Override
  public String toString() {
    return switch (operation) {
      case BARRIER, STEP -> call();
      case BROADCAST -> call() + " of " + elements + " elements from rank " + root;
      default -> call() + " of " + elements + " elements";
    };
  }
}
