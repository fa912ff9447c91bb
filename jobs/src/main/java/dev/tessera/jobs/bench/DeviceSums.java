package dev.tessera.jobs.bench;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Collective;
import dev.tessera.models.train.FloatMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.StringJoiner;

/** In a GPU's memory: calls follow each other, and the time of a round is divided among them. */
record DeviceSums(Collective collective, TorchRuntime runtime) implements AllReduceTimer {

  private static final int ROUNDS = 5;

  @Override
  public String time(long bytes, int warmup, int iterations) {
    StringJoiner seconds = new StringJoiner(",", "[", "]");
    // Zeros stay zeros, however often they are summed.
    try (NativeTensor tensor = runtime.zeros(DType.FLOAT32, Shape.of(bytes / Float.BYTES))) {
      FloatMemory memory = new FloatMemory(tensor.address(), tensor.size(), tensor.device());
      round(memory, warmup);
      for (int i = 0; i < ROUNDS; i++) {
        seconds.add(Double.toString(round(memory, iterations)));
      }
      check(tensor, memory);
    }
    return seconds.toString();
  }

  private double round(FloatMemory memory, int iterations) {
    runtime.synchronize();
    collective.barrier();
    long start = System.nanoTime();
    for (int i = 0; i < iterations; i++) {
      collective.allReduce(memory);
    }
    runtime.synchronize();
    return (System.nanoTime() - start) / 1e9 / iterations;
  }

  /** Sums a one at the start, in the middle and at the end, once. */
  private void check(NativeTensor tensor, FloatMemory memory) {
    ByteBuffer one = ByteBuffer.allocateDirect(Float.BYTES).order(ByteOrder.nativeOrder());
    long[] places = {0, tensor.size() / 2, tensor.size() - 1};
    for (long at : places) {
      tensor.upload(one.putFloat(0, 1f), at, 1);
    }
    collective.allReduce(memory);
    for (long at : places) {
      tensor.download(one, at, 1);
      AllReduceTimer.check(one.getFloat(0), collective.size());
    }
  }
}
