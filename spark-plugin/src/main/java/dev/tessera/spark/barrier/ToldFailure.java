package dev.tessera.spark.barrier;

import dev.tessera.models.train.CollectiveException;
import java.io.Serializable;

/**
 * A rank's failure on its way to the driver: what must be known of it as plain fields, and the
 * exception as far as it can travel.
 *
 * @param text for the sentence that names the rank
 * @param sentence of the exception that decides the kind
 * @param cause the serialised exception; empty where it cannot be, and not readable where it holds
 *     what messages may not
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record ToldFailure(FailureKind kind, String text, String sentence, byte[] cause)
    implements Serializable {

  static ToldFailure of(Throwable thrown) {
    boolean peer = thrown instanceof CollectiveException;
    String text = peer ? thrown.getMessage() : thrown.toString();
    RuntimeException lasting = RankFailure.lasting(thrown);
    String sentence = lasting == null ? text : lasting.getMessage();
    return new ToldFailure(FailureKind.of(thrown), text, sentence, encode(thrown));
  }

  private static byte[] encode(Throwable thrown) {
    try {
      return Wire.encode(thrown);
    } catch (RuntimeException e) {
      return new byte[0];
    }
  }

  /** The exception, or one of its kind that says the same. */
  Throwable cause(ClassLoader loader) {
    if (cause.length > 0) {
      try {
        return (Throwable) Wire.decode(cause, loader);
      } catch (RuntimeException e) {
        // Of a class that only the executor knows, or that no message may hold.
      }
    }
    return kind.standIn(sentence);
  }
}
