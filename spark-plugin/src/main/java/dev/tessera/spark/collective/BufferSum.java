package dev.tessera.spark.collective;

import dev.tessera.models.train.FloatMemory;
import java.nio.ByteBuffer;

/** The sum in plain Java: the reference, and what is used where no libtorch is loaded. */
record BufferSum() implements FloatSum {

  @Override
  public void add(long from, long into, int count) {
    if (count == 0) {
      return;
    }
    ByteBuffer terms = FloatMemory.host(from, count).asBuffer();
    ByteBuffer sums = FloatMemory.host(into, count).asBuffer();
    int bytes = count * Float.BYTES;
    for (int i = 0; i < bytes; i += Float.BYTES) {
      sums.putFloat(i, sums.getFloat(i) + terms.getFloat(i));
    }
  }
}
