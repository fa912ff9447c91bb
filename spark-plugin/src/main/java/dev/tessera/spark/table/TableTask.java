package dev.tessera.spark.table;

import java.io.Serializable;

/**
 * What a Spark task does to write its part of one or several tables.
 *
 * @param <S> what tells a task its share
 * @param <T> what it reports, with the parts it wrote
 */
@FunctionalInterface
public interface TableTask<S extends Serializable, T extends Serializable> extends Serializable {

  /**
   * Runs on an executor, possibly several times for one share: only the attempt whose report
   * reaches the driver counts. Writers that it leaves unfinished are removed.
   */
  T run(S share, TaskTables tables) throws Exception;
}
