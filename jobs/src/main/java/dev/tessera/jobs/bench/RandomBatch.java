package dev.tessera.jobs.bench;

import dev.tessera.models.graph.TensorType;
import dev.tessera.models.train.BatchColumn;
import dev.tessera.models.train.Batches;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** One batch of noise, given again and again: a step's speed does not depend on what it sees. */
final class RandomBatch implements Batches {

  private final Map<String, ByteBuffer> columns = new LinkedHashMap<>();

  RandomBatch(List<BatchColumn> read, int classes, long seed) {
    Random random = new Random(seed);
    read.forEach(c -> columns.put(c.name(), column(c.type(), classes, random)));
  }

  private static ByteBuffer column(TensorType type, int classes, Random random) {
    int size = Math.toIntExact(type.shape().size());
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(size * type.dtype().bytes()).order(ByteOrder.nativeOrder());
    for (int i = 0; i < size; i++) {
      switch (type.dtype()) {
        case UINT8 -> bytes.put((byte) random.nextInt(256));
        case INT32 -> bytes.putInt(random.nextInt(classes));
        case FLOAT32 -> bytes.putFloat((float) random.nextGaussian());
        default -> throw new IllegalArgumentException("dtype: " + type.dtype());
      }
    }
    return bytes.flip();
  }

  /** The values of a column, native order. */
  ByteBuffer column(String name) {
    return columns.get(name).duplicate().order(ByteOrder.nativeOrder());
  }

  @Override
  public void fill(int shard, long firstDraw, int count, Map<String, ByteBuffer> targets) {
    targets.forEach((name, target) -> target.put(column(name)));
  }
}
