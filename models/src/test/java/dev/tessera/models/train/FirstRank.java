package dev.tessera.models.train;

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

  @Override
  public void allReduce(FloatMemory memory) {}

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
