package dev.tessera.models.train;

import java.util.function.Supplier;

/**
 * Communication among the ranks of one gang. Every rank calls the same operations in the same
 * order, each from its own rank thread. After a failure the collective is broken: every later call
 * throws.
 *
 * <p>The loop sums gradients through this interface and knows neither Spark nor a network: TCP,
 * NCCL and the single process are implementations of {@code dev.tessera.spark.collective}.
 */
public interface Collective extends AutoCloseable {

  /** This rank's number, {@code 0 <= rank < size}. */
  int rank();

  /** The number of ranks. */
  int size();

  /**
   * Sums {@code memory} over all ranks, in place. Every rank ends with the same bits.
   *
   * @throws CollectiveException if a peer is lost or late; the message names the rank, its host and
   *     the operation
   */
  void allReduce(FloatMemory memory);

  /**
   * Sums over ranks and leaves the sum of part {@code rank()} in place: parts are those of {@link
   * #part}; the others hold unspecified values afterwards.
   */
  void reduceScatter(FloatMemory memory);

  /** Part {@code r} of rank {@code r} is copied to all ranks, in place; parts as {@link #part}. */
  void allGather(FloatMemory memory);

  /** Copies {@code root}'s values to all ranks, in place. */
  void broadcast(FloatMemory memory, int root);

  /** Returns once every rank has called it. */
  void barrier();

  /**
   * Gives the device a step's work, in which this collective's operations stand: called one by one,
   * or captured before. Nothing of it is given once the collective is broken, and nothing breaks it
   * meanwhile. Every rank calls this for the same steps.
   */
  default void enqueue(Runnable work) {
    work.run();
  }

  /**
   * Waits for the device, which may itself wait for peers in an operation that was given before.
   *
   * @param what the device does, for messages
   * @param wait blocks until that is done
   * @return what {@code wait} returned
   * @throws CollectiveException if a peer is lost or late meanwhile: the operation is ended then,
   *     and what the device has left is of no use
   */
  default <T> T awaiting(String what, Supplier<T> wait) {
    return wait.get();
  }

  /**
   * Runs what this rank does beside the operations and what its peers may have to wait for: they
   * are told, and are patient with it.
   *
   * @param what as in "rank 0 is busy with its checkpoint"
   */
  default void apart(String what, Runnable work) {
    work.run();
  }

  /** Bytes of payload this rank has sent so far, by operations that were called. */
  long bytesSent();

  /** Breaks running and later calls, on this rank and soon on its peers; callable by any thread. */
  void abort(String reason);

  @Override
  void close();

  /** Part {@code r} of {@code n} of {@code memory}: equal lengths, the remainder to the first. */
  static FloatMemory part(FloatMemory memory, int r, int n) {
    long base = memory.elements() / n;
    long rest = memory.elements() % n;
    return memory.slice(r * base + Math.min(r, rest), base + (r < rest ? 1 : 0));
  }
}
