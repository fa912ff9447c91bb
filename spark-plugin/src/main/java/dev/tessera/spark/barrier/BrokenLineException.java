package dev.tessera.spark.barrier;

/** This executor has lost its line to the driver for good: it can run no rank any more. */
final class BrokenLineException extends IllegalStateException {

  private static final long serialVersionUID = 1L;

  BrokenLineException(Throwable cause) {
    super(
        "the executor has lost its line to the driver's side of Tessera's plugin ("
            + cause.getMessage()
            + "); it ends, and Spark starts another",
        cause);
  }
}
