package dev.tessera.models.train;

/** The parts of a step's time. */
final class Stopwatch {

  private final long start = System.nanoTime();
  private long communication;
  private long data;

  void communicate(Runnable body) {
    communication += time(body);
  }

  void data(Runnable body) {
    data += time(body);
  }

  private static long time(Runnable body) {
    long start = System.nanoTime();
    body.run();
    return System.nanoTime() - start;
  }

  double seconds() {
    return (System.nanoTime() - start) / 1e9;
  }

  double communicationSeconds() {
    return communication / 1e9;
  }

  double dataSeconds() {
    return data / 1e9;
  }
}
