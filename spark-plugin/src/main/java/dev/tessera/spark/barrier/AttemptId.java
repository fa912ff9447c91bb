package dev.tessera.spark.barrier;

import java.io.Serializable;

/**
 * Which attempt of which run a message belongs to; messages of attempts that are over are dropped.
 */
record AttemptId(String runId, int number) implements Serializable {

  static final AttemptId NONE = new AttemptId("", 0);

  @Override
  public String toString() {
    return "run " + runId + ", attempt " + (number + 1);
  }
}
