package dev.tessera.spark.barrier;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.DivergedException;
import dev.tessera.models.train.ReplicasDifferException;
import java.util.List;

/**
 * Why a rank failed, as the driver knows it.
 *
 * @param rank -1 when no rank could tell
 * @param sentence the rank, its host and the cause
 */
record RankFailure(int rank, String sentence, Throwable cause) {

  /** What every executor must have, in the driver's version. */
  private static final List<String> PACKAGES =
      List.of(
          "dev.tessera.",
          "org.apache.spark.",
          "picocli.",
          "org.yaml.",
          "com.fasterxml.",
          "ai.djl.");

  static RankFailure of(GangEvent.Failure event, ClassLoader loader) {
    String sentence = event.where() + " failed: " + event.told().text();
    return new RankFailure(event.rank(), sentence, event.told().cause(loader));
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
      if (cause instanceof UnsupportedClassVersionError) {
        return new UserException(
            "An executor's Java is older than what it runs was built for ("
                + cause.getMessage()
                + "): give executors the driver's Java, "
                + System.getProperty("java.version")
                + ", by JAVA_HOME on the workers or spark.executorEnv.JAVA_HOME",
            cause);
      }
      if (isForeignClassPath(cause)) {
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

  /**
   * A member that is gone, or a whole class of what the driver runs with. Native code that does not
   * load, and a class initialiser that failed, may do on another executor.
   */
  private static boolean isForeignClassPath(Throwable cause) {
    if (cause instanceof IncompatibleClassChangeError) {
      return true;
    }
    if (!(cause instanceof NoClassDefFoundError || cause instanceof ClassNotFoundException)
        || cause.getMessage() == null) {
      return false;
    }
    String name = cause.getMessage().replace('/', '.');
    return PACKAGES.stream().anyMatch(name::startsWith);
  }
}
