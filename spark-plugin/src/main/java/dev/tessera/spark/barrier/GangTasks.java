package dev.tessera.spark.barrier;

import java.io.Serializable;

/**
 * Gives the task of each attempt.
 *
 * @param <R> what a rank returns
 */
@FunctionalInterface
public interface GangTasks<R extends Serializable> {

  /**
   * The task of an attempt, asked when its ranks are about to start: where to resume is decided
   * here.
   *
   * @param attempt from 0
   * @throws java.io.UncheckedIOException if another attempt may be given one
   */
  RankTask<R> of(int attempt);

  /**
   * Called before a retry, while executors are replaced: what {@link #of} will need may be read
   * already. The last attempt's ranks may still be at work, so nothing that is found is final, and
   * what fails here is left to {@link #of} to meet again.
   */
  default void prepare(int attempt) {}
}
