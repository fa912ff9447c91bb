package dev.tessera.spark.collective;

/**
 * What is needed of NCCL: sums and copies of float32 in place, given to a CUDA stream. Addresses,
 * streams and communicators are plain numbers. Errors are {@link IllegalStateException}s with
 * NCCL's own words.
 */
interface Nccl {

  int ID_BYTES = 128;

  /** A new communicator's name, made by one rank and told to all. */
  byte[] uniqueId();

  /** Joins a communicator; returns once all ranks have. */
  long join(byte[] id, int rank, int size, int device);

  void allReduce(long communicator, long address, long elements, long stream);

  /** The sum of the first of {@code size} equal parts is left at rank 0, and so on. */
  void reduceScatter(long communicator, long address, long partElements, int rank, long stream);

  void allGather(long communicator, long address, long partElements, int rank, long stream);

  /** The sum is left at {@code root}; others keep their values. */
  void reduce(long communicator, long address, long elements, int root, long stream);

  void broadcast(long communicator, long address, long elements, int root, long stream);

  /** Makes one of several calls. */
  void group(Runnable calls);

  /** What went wrong since, or null. */
  String problem(long communicator);

  /** Gives back what a communicator holds; the device has done its operations. */
  void destroy(long communicator);

  /**
   * Ends a communicator and what the device still does for it; returns once no CUDA graph holds it.
   */
  void abort(long communicator);
}
