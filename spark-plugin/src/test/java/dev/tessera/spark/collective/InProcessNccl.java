package dev.tessera.spark.collective;

import com.sun.jna.Pointer;
import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Stands in for the native library where there is no GPU: sums of host memory among threads of one
 * process, and a device that can hang.
 */
final class InProcessNccl implements Nccl {

  static final long STREAM = 77;

  /** What the ranks of a gang share. */
  static final class Board {
    private final CyclicBarrier barrier;
    private final float[][] values;

    Board(int size) {
      barrier = new CyclicBarrier(size);
      values = new float[size][];
    }
  }

  private final Board board;
  private final int rank;
  private final CountDownLatch joining = new CountDownLatch(1);
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile String problem;
  private volatile boolean aborted;
  private volatile boolean late;
  private boolean grouped;

  InProcessNccl(Board board, int rank) {
    this.board = board;
    this.rank = rank;
  }

  /** NCCL finds this out by itself. */
  void breaks(String reason) {
    problem = reason;
  }

  /** What a host does that waits for a kernel which waits for a peer. */
  Void hang() {
    await(ended);
    return null;
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new AssertionError("what was awaited did not happen");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** {@code join} waits from now on. */
  void joinsLate() {
    late = true;
  }

  /** Lets a late one join. */
  void join() {
    joining.countDown();
  }

  boolean aborted() {
    return aborted;
  }

  /** Whether the communicator was given back, either way. */
  boolean ended() {
    return ended.getCount() == 0;
  }

  @Override
  public byte[] uniqueId() {
    byte[] id = new byte[ID_BYTES];
    for (int i = 0; i < id.length; i++) {
      id[i] = (byte) (i * 7);
    }
    return id;
  }

  @Override
  public long join(byte[] id, int rank, int size, int device) {
    if (!Arrays.equals(id, uniqueId())) {
      throw new IllegalStateException("another id than rank 0's");
    }
    if (late) {
      await(joining);
    }
    meet();
    return 1000L + rank;
  }

  @Override
  public void allReduce(long communicator, long address, long elements, long stream) {
    Pointer at = checked(communicator, address, stream);
    at.write(0, sums(at.getFloatArray(0, (int) elements)), 0, (int) elements);
  }

  @Override
  public void reduceScatter(long communicator, long address, long part, int rank, long stream) {
    Pointer at = checked(communicator, address, stream);
    int size = board.values.length;
    float[] sums = sums(at.getFloatArray(0, (int) part * size));
    // What the real one leaves in the other parts is not specified.
    at.write(0, new float[(int) part * size], 0, (int) part * size);
    at.write(rank * part * Float.BYTES, sums, (int) (rank * part), (int) part);
  }

  @Override
  public void allGather(long communicator, long address, long part, int rank, long stream) {
    Pointer at = checked(communicator, address, stream);
    int count = (int) part;
    float[][] all = share(at.getFloatArray(rank * part * Float.BYTES, count));
    for (int r = 0; r < all.length; r++) {
      at.write((long) r * count * Float.BYTES, all[r], 0, count);
    }
  }

  @Override
  public void reduce(long communicator, long address, long elements, int root, long stream) {
    Pointer at = checked(communicator, address, stream);
    float[] sums = sums(at.getFloatArray(0, (int) elements));
    if (rank == root) {
      at.write(0, sums, 0, sums.length);
    }
  }

  @Override
  public void broadcast(long communicator, long address, long elements, int root, long stream) {
    Pointer at = checked(communicator, address, stream);
    float[] values = share(at.getFloatArray(0, (int) elements))[root];
    at.write(0, values, 0, values.length);
  }

  @Override
  public void group(Runnable calls) {
    grouped = true;
    calls.run();
    grouped = false;
  }

  @Override
  public String problem(long communicator) {
    return problem;
  }

  @Override
  public void destroy(long communicator) {
    ended.countDown();
  }

  @Override
  public void abort(long communicator) {
    aborted = true;
    ended.countDown();
  }

  private Pointer checked(long communicator, long address, long stream) {
    if (communicator != 1000 + rank || stream != STREAM || ended()) {
      throw new IllegalStateException("unhandled cuda error");
    }
    if (grouped && board.values.length == 1) {
      throw new IllegalStateException("a group where one call would do");
    }
    return new Pointer(address);
  }

  private float[] sums(float[] own) {
    float[] sums = new float[own.length];
    for (float[] values : share(own)) {
      for (int i = 0; i < sums.length; i++) {
        sums[i] += values[i];
      }
    }
    return sums;
  }

  private float[][] share(float[] own) {
    board.values[rank] = own;
    meet();
    float[][] all = board.values.clone();
    meet();
    return all;
  }

  private void meet() {
    try {
      board.barrier.await(60, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new IllegalStateException("the ranks did not meet", e);
    }
  }
}
