package dev.tessera.spark.collective;

/** The operations of a collective as they stand in message headers and errors. */
enum Operation {
  ALL_REDUCE(1, "allReduce"),
  REDUCE_SCATTER(2, "reduceScatter"),
  ALL_GATHER(3, "allGather"),
  BROADCAST(4, "broadcast"),
  BARRIER(5, "barrier"),
  /** A step given to a GPU, with all its operations: no message of it travels here. */
  STEP(6, "step");

  private final int code;
  private final String title;

  Operation(int code, String title) {
    this.code = code;
    this.title = title;
  }

  /** The operation's number on the wire. */
  int code() {
    return code;
  }

  /** Null for a number that is no operation's. */
  static Operation of(int code) {
    for (Operation operation : values()) {
      if (operation.code == code) {
        return operation;
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return title;
  }
}
