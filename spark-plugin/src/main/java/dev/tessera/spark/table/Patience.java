package dev.tessera.spark.table;

import dev.tessera.datasets.IoFailure;
import java.io.IOException;
import java.io.InterruptedIOException;

/** Asks a store again that fails for a moment: a lost connection, a throttled request. */
public final class Patience {

  private static final int TRIES = 4;
  private static final long PAUSE_MILLIS = 200;

  private Patience() {}

  /** What is asked; may be asked again. */
  public interface Question<T> {
    T ask() throws IOException;
  }

  /**
   * The answer, of the fourth try at the latest, 1.4 s after the first.
   *
   * @throws IOException that lasts, at once; else the last one
   */
  public static <T> T ask(Question<T> question) throws IOException {
    for (int round = 1; ; round++) {
      try {
        return question.ask();
      } catch (IOException e) {
        if (round == TRIES || IoFailure.lasts(e)) {
          throw e;
        }
        pause(PAUSE_MILLIS << (round - 1));
      }
    }
  }

  private static void pause(long millis) throws InterruptedIOException {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
