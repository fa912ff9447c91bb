package dev.tessera.models.train;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Ranks as threads of this process; sums in the binary tree of recursive halving-doubling. */
final class InMemoryGang {

  /** What a rank does, on its own thread with its own runtime. */
  interface Rank<T> {
    T run(TorchRuntime runtime, Collective collective) throws Exception;
  }

  private final int size;
  private final CyclicBarrier barrier;
  private final float[][] contributions;

  private InMemoryGang(int size) {
    this.size = size;
    this.barrier = new CyclicBarrier(size);
    this.contributions = new float[size][];
  }

  /** Runs {@code rank} on {@code size} ranks and returns what each returned. */
  static <T> List<T> run(int size, Rank<T> rank) throws Exception {
    Libtorch.useThreads(1);
    InMemoryGang gang = new InMemoryGang(size);
    ExecutorService threads = Executors.newFixedThreadPool(size);
    try {
      List<Future<T>> futures = new ArrayList<>();
      for (int r = 0; r < size; r++) {
        Collective collective = gang.new Member(r);
        futures.add(
            threads.submit(
                () -> {
                  try (TorchRuntime runtime = TorchRuntime.onCpu()) {
                    return rank.run(runtime, collective);
                  }
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    } finally {
      threads.shutdownNow();
    }
  }

  private final class Member implements Collective {
    private final int rank;

    Member(int rank) {
      this.rank = rank;
    }

    @Override
    public int rank() {
      return rank;
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public void allReduce(FloatMemory memory) {
      FloatBuffer values = memory.asBuffer().asFloatBuffer();
      contributions[rank] = new float[values.capacity()];
      values.get(0, contributions[rank]);
      barrier();
      float[] sum = tree(0, size);
      barrier();
      values.put(0, sum);
    }

    private float[] tree(int from, int to) {
      if (to - from == 1) {
        return contributions[from].clone();
      }
      int middle = (from + to) / 2;
      float[] low = tree(from, middle);
      float[] high = tree(middle, to);
      for (int i = 0; i < low.length; i++) {
        low[i] += high[i];
      }
      return low;
    }

    @Override
    public void reduceScatter(FloatMemory memory) {
      allReduce(memory);
    }

    @Override
    public void allGather(FloatMemory memory) {
      throw new UnsupportedOperationException("whole states, as here, are never gathered");
    }

    @Override
    public void broadcast(FloatMemory memory, int root) {
      throw new UnsupportedOperationException("every rank here begins with the same state");
    }

    @Override
    public void barrier() {
      try {
        barrier.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
        throw new CollectiveException("A rank of the test's gang is lost.", e);
      }
    }

    @Override
    public long bytesSent() {
      return 0;
    }

    @Override
    public void abort(String reason) {
      barrier.reset();
    }

    @Override
    public void close() {}
  }
}
