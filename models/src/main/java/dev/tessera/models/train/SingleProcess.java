package dev.tessera.models.train;

/** The collective of a gang of one: every operation is already done. */
public final class SingleProcess implements Collective {

  private volatile String aborted;

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public void allReduce(FloatMemory memory) {
    check();
  }

  @Override
  public void reduceScatter(FloatMemory memory) {
    check();
  }

  @Override
  public void allGather(FloatMemory memory) {
    check();
  }

  @Override
  public void broadcast(FloatMemory memory, int root) {
    check();
    if (root != 0) {
      throw new IllegalArgumentException("root: " + root + " (expected: 0, there is one rank)");
    }
  }

  @Override
  public void barrier() {
    check();
  }

  @Override
  public long bytesSent() {
    return 0;
  }

  @Override
  public void abort(String reason) {
    aborted = reason;
  }

  @Override
  public void close() {}

  private void check() {
    if (aborted != null) {
      throw new CollectiveException("The collective was aborted: " + aborted);
    }
  }
}
