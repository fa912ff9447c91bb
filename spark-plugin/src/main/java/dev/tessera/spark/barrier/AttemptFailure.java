package dev.tessera.spark.barrier;

/** An attempt that failed through no mistake of the user's. */
final class AttemptFailure extends Exception {

  private static final long serialVersionUID = 1L;

  private final int rank;

  AttemptFailure(int rank, String sentence, Throwable cause) {
    super(sentence, cause);
    this.rank = rank;
  }

  int rank() {
    return rank;
  }
}
