package dev.tessera.spark.barrier;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.DivergedException;
import dev.tessera.models.train.ReplicasDifferException;

/**
 * Why a rank failed, as the driver knows it.
 *
 * @param rank -1 when no rank could tell
 * @param sentence the rank, its host and the cause
 */
record RankFailure(int rank, String sentence, Throwable cause) {

  static RankFailure of(GangEvent.Failure event, ClassLoader loader) {
    Throwable cause = cause(event, loader);
    return new RankFailure(event.rank(), event.where() + " failed: " + event.text(), cause);
  }

  /** Whether this may merely follow from another rank's failure. */
  boolean isSecondary() {
    return cause instanceof CollectiveException || cause instanceof InterruptedException;
  }

  /**
   * What another attempt would meet again, in the chain of causes, or null: a mistake of the
   * user's, of which a recipe that diverges is one, storage that takes no more, or ranks that hold
   * different parameters, where somebody must look.
   */
  static RuntimeException lasting(Throwable thrown) {
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof UserException
          || cause instanceof InvalidDatasetException
          || cause instanceof StorageException) {
        return (RuntimeException) cause;
      }
      if (cause instanceof DivergedException || cause instanceof ReplicasDifferException) {
        return new UserException(cause.getMessage(), cause);
      }
      if (cause instanceof LinkageError || cause instanceof ClassNotFoundException) {
        return new UserException(
            "An executor's class path is not the one that Tessera was built for ("
                + cause
                + "): it needs Spark 4.2, and no other version of a library before its own; look at"
                + " spark.executor.extraClassPath, --jars and --packages",
            cause);
      }
    }
    return null;
  }

  /** The serialised cause, empty where it cannot travel. */
  static byte[] encode(Throwable cause) {
    try {
      return Wire.encode(cause);
    } catch (RuntimeException e) {
      return new byte[0];
    }
  }

  private static Throwable cause(GangEvent.Failure event, ClassLoader loader) {
    if (event.cause().length > 0) {
      try {
        return (Throwable) Wire.decode(event.cause(), loader);
      } catch (RuntimeException e) {
        // A class that only the executor knows: the text must do.
      }
    }
    return new RuntimeException(event.text());
  }
}
