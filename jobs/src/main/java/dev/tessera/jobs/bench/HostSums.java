package dev.tessera.jobs.bench;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.train.Collective;
import dev.tessera.models.train.FloatMemory;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.StringJoiner;

/** In host memory: each call is measured from a barrier on. */
record HostSums(Collective collective) implements AllReduceTimer {

  @Override
  public String time(long bytes, int warmup, int iterations) {
    StringJoiner seconds = new StringJoiner(",", "[", "]");
    try (Memory tensor = new Memory(bytes)) {
      FloatMemory memory = FloatMemory.host(Pointer.nativeValue(tensor), bytes / Float.BYTES);
      for (int i = 0; i < warmup + iterations; i++) {
        fill(tensor, bytes);
        collective.barrier();
        long start = System.nanoTime();
        collective.allReduce(memory);
        if (i >= warmup) {
          seconds.add(Double.toString((System.nanoTime() - start) / 1e9));
        }
      }
      for (long at : new long[] {0, bytes / 2, bytes - Float.BYTES}) {
        AllReduceTimer.check(tensor.getFloat(at), collective.size());
      }
    }
    return seconds.toString();
  }

  private static void fill(Memory tensor, long bytes) {
    FloatBuffer floats =
        tensor.getByteBuffer(0, bytes).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < floats.capacity(); i++) {
      floats.put(i, 1f);
    }
  }
}
