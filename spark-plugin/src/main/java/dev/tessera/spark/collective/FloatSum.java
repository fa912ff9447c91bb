package dev.tessera.spark.collective;

/**
 * Adds float32 values in native memory, one IEEE 754 addition per element, rounded to nearest:
 * every implementation gives the same bits.
 */
sealed interface FloatSum permits BlasSum, BufferSum {

  /**
   * {@code into[i] += from[i]} for {@code 0 <= i < count}.
   *
   * @param from address of the first value to add; any alignment
   * @param into address of the first sum; the runs do not overlap
   */
  void add(long from, long into, int count);
}
