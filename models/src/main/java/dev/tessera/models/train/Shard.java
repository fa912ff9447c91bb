package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.StagedTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** One shard's batch in native memory, and what its phases carry within a step. */
final class Shard implements AutoCloseable {

  private final int number;
  private final NativeTensor numberTensor;
  private final Map<BatchColumn, StagedTensor> columns = new LinkedHashMap<>();
  private final Map<Carry, NativeTensor> carried = new HashMap<>();

  Shard(TorchRuntime runtime, int number, List<BatchColumn> read) {
    this.number = number;
    numberTensor = runtime.scalar((long) number);
    for (BatchColumn column : read) {
      columns.put(
          column, StagedTensor.zeros(runtime, column.type().dtype(), column.type().shape()));
    }
  }

  void fill(Batches batches, long firstDraw, int count) {
    Map<String, ByteBuffer> memory = new LinkedHashMap<>();
    columns.forEach((column, staged) -> memory.put(column.name(), staged.memory()));
    batches.fill(number, firstDraw, count, memory);
    columns.values().forEach(StagedTensor::send);
  }

  int number() {
    return number;
  }

  NativeTensor numberTensor() {
    return numberTensor;
  }

  NativeTensor column(BatchColumn column) {
    return columns.get(column).tensor();
  }

  void carry(Carry carry, NativeTensor tensor) {
    NativeTensor old = carried.put(carry, tensor);
    if (old != null) {
      old.close();
    }
  }

  /** What an earlier phase of this step carried. */
  NativeTensor carried(Carry carry) {
    return carried.get(carry);
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
