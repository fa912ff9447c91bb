package dev.tessera.spark.barrier;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.train.CollectiveException;

/** What the driver does about a rank's failure, whether or not its exception can travel. */
enum FailureKind {
  /** A mistake of the user's, or what only the user can mend: never tried again. */
  USER,
  /** The same, of data. */
  DATASET,
  /** The same, of storage that takes no more. */
  STORAGE,
  /** Perhaps another rank's failure, seen from here. */
  PEER,
  /** Tried again. */
  OTHER;

  static FailureKind of(Throwable thrown) {
    RuntimeException lasting = RankFailure.lasting(thrown);
    if (lasting instanceof StorageException) {
      return STORAGE;
    }
    if (lasting instanceof InvalidDatasetException) {
      return DATASET;
    }
    if (lasting != null) {
      return USER;
    }
    boolean secondary =
        thrown instanceof CollectiveException || thrown instanceof InterruptedException;
    return secondary ? PEER : OTHER;
  }

  /** An exception that is of this kind to the driver and its caller. */
  Throwable standIn(String sentence) {
    return switch (this) {
      case USER -> new UserException(sentence);
      case DATASET -> new InvalidDatasetException(sentence);
      case STORAGE -> new StorageException(sentence, null);
      case PEER -> new CollectiveException(sentence, null);
      case OTHER -> new RuntimeException(sentence);
    };
  }
}
