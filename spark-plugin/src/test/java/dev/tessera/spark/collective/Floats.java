package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;

/** Floats where a collective takes them from; to be used on the rank's thread. */
interface Floats extends AutoCloseable {

  FloatMemory memory();

  float[] values();

  @Override
  default void close() {}

  /** Where floats of one rank lie. */
  interface Place {
    Floats put(float... values);
  }
}
