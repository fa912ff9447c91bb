package dev.tessera.spark.inference;

/** Adds up how long the stages of a {@link Pipeline} work; guarded by the pipeline's lock. */
final class StageClock {

  private final int workers;
  private final int writers;
  private final long start = System.nanoTime();
  private long read;
  private long decode;
  private long starved;
  private long computing;
  private long measure;
  private long write;

  StageClock(int workers, int writers) {
    this.workers = workers;
    this.writers = writers;
  }

  void read(long nanos) {
    read += nanos;
  }

  void decoded(long nanos) {
    decode += nanos;
  }

  /** The computing stage had nothing to do. */
  void starved(long nanos) {
    starved += nanos;
  }

  /** The computing stage has ended. */
  void computed() {
    computing = System.nanoTime() - start;
  }

  void measured(long nanos) {
    measure += nanos;
  }

  void wrote(long nanos) {
    write += nanos;
  }

  StageTimes times() {
    double seconds = (System.nanoTime() - start) / 1e9;
    return new StageTimes(
        seconds,
        workers * seconds,
        read / 1e9,
        decode / 1e9,
        (computing - starved) / 1e9,
        measure / 1e9,
        write / 1e9 / writers);
  }
}
