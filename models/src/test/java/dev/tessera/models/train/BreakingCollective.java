package dev.tessera.models.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Knows what the loop gives to the device and waits for, and breaks before or in a step. */
final class BreakingCollective implements Collective {

  private final Collective one = new SingleProcess();
  private final List<String> waits = new ArrayList<>();
  private final int lastStep;
  private final String lastWait;
  private int steps;

  /**
   * @param lastStep the last one that the device is given
   * @param lastWait what the host waits for in vain
   */
  BreakingCollective(int lastStep, String lastWait) {
    this.lastStep = lastStep;
    this.lastWait = lastWait;
  }

  int steps() {
    return steps;
  }

  List<String> waits() {
    return waits;
  }

  @Override
  public void enqueue(Runnable work) {
    if (steps == lastStep) {
      throw new CollectiveException("broken");
    }
    steps++;
    work.run();
  }

  @Override
  public <T> T awaiting(String what, Supplier<T> wait) {
    waits.add(what);
    T result = wait.get();
    if (what.equals(lastWait)) {
      throw new CollectiveException("lost in " + what);
    }
    return result;
  }

  @Override
  public int rank() {
    return one.rank();
  }

  @Override
  public int size() {
    return one.size();
  }

  @Override
  public void allReduce(FloatMemory memory) {
    one.allReduce(memory);
  }

  @Override
  public void reduceScatter(FloatMemory memory) {
    one.reduceScatter(memory);
  }

  @Override
  public void allGather(FloatMemory memory) {
    one.allGather(memory);
  }

  @Override
  public void broadcast(FloatMemory memory, int root) {
    one.broadcast(memory, root);
  }

  @Override
  public void barrier() {
    one.barrier();
  }

  @Override
  public long bytesSent() {
    return one.bytesSent();
  }

  @Override
  public void abort(String reason) {
    one.abort(reason);
  }

  @Override
  public void close() {
    one.close();
  }
}
