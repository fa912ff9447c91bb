package dev.tessera.models.train;

import dev.tessera.models.graph.TensorType;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.StagedTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** One shard's batch in native memory, and what its phases carry within a step. */
final class Shard implements AutoCloseable {

  private final int number;
  private final NativeTensor numberTensor;
  private final Map<String, StagedTensor> columns = new LinkedHashMap<>();
  private final Map<String, NativeTensor> carried = new HashMap<>();

  Shard(TorchRuntime runtime, int number, Map<String, TensorType> types) {
    this.number = number;
    numberTensor = runtime.scalar((long) number);
    types.forEach(
        (name, type) -> columns.put(name, StagedTensor.zeros(runtime, type.dtype(), type.shape())));
  }

  void fill(Batches batches, long firstDraw, int count) {
    Map<String, ByteBuffer> memory = new LinkedHashMap<>();
    columns.forEach((name, column) -> memory.put(name, column.memory()));
    batches.fill(number, firstDraw, count, memory);
    columns.values().forEach(StagedTensor::send);
  }

  int number() {
    return number;
  }

  void carry(String name, NativeTensor tensor) {
    NativeTensor old = carried.put(name, tensor);
    if (old != null) {
      old.close();
    }
  }

  /** The argument of that name, or null if it is not the shard's. */
  NativeTensor argument(String name) {
    if (name.equals("shard")) {
      return numberTensor;
    }
    if (name.startsWith("batch_")) {
      return columns.get(name.substring("batch_".length())).tensor();
    }
    return name.startsWith("carry_") ? carried.get(name.substring("carry_".length())) : null;
  }

  void forget() {
    carried.values().forEach(NativeTensor::close);
    carried.clear();
  }

  @Override
  public void close() {
    forget();
    columns.values().forEach(StagedTensor::close);
    numberTensor.close();
  }
}
