package dev.tessera.spark.collective;

/** The operations of a collective as they stand in message headers and errors. */
enum Operation {
  ALL_REDUCE("allReduce"),
  REDUCE_SCATTER("reduceScatter"),
  ALL_GATHER("allGather"),
  BROADCAST("broadcast"),
  BARRIER("barrier");

  private static final Operation[] VALUES = values();

  private final String title;

  Operation(String title) {
    this.title = title;
  }

  /** Null for a number that is no operation's. */
  static Operation of(int ordinal) {
    return ordinal >= 0 && ordinal < VALUES.length ? VALUES[ordinal] : null;
  }

  @Override
  public String toString() {
    return title;
  }
}
