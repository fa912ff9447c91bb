package dev.tessera.spark.training;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a rank fetches on threads beside its own, so that its own loads libtorch and traces
 * meanwhile. None of it may call libtorch.
 */
final class Beside implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Beside.class);
  private static final long STOP_SECONDS = 30;

  private final ExecutorService threads =
      Executors.newCachedThreadPool(
          work -> {
            Thread thread = new Thread(work, "tessera-beside-rank");
            thread.setDaemon(true);
            return thread;
          });

  /** What was begun; both methods wait for it, and throw what the work threw. */
  interface Fetched<T> extends Supplier<T> {

    default void await() {
      T unused = get();
    }

    static <T> Fetched<T> nothing() {
      return () -> null;
    }
  }

  <T> Fetched<T> start(Supplier<T> work) {
    Future<T> result = threads.submit(work::get);
    return () -> await(result);
  }

  private static <T> T await(Future<T> result) {
    try {
      return result.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("The rank was interrupted before its first step", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(cause);
    }
  }

  /** Ends what nobody waits for any more; a slot must not be given back while it still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
    boolean interrupted = Thread.interrupted();
    try {
      if (!threads.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("What a rank fetches does not stop");
      }
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
