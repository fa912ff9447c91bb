package dev.tessera.models.train;

import java.util.Map;
import java.util.function.Supplier;

/** The parts of a step's time: by the host's clock, and on the device. */
final class Stopwatch {

  private final long start = System.nanoTime();
  private final PartTimers timers;
  private long communication;
  private long data;

  Stopwatch(PartTimers timers) {
    this.timers = timers;
  }

  /** One that leaves the device alone. */
  static Stopwatch idle() {
    return new Stopwatch(null);
  }

  void communicate(Runnable body) {
    communication += clock(() -> time(StepPart.COLLECTIVE, body));
  }

  void data(Runnable body) {
    data += clock(body);
  }

  /** Runs {@code body}, whose work belongs to {@code part}. */
  void time(StepPart part, Runnable body) {
    if (timers == null) {
      body.run();
    } else {
      timers.of(part).time(body);
    }
  }

  /** As {@link #time(StepPart, Runnable)}, of a body with a result. */
  <T> T time(StepPart part, Supplier<T> body) {
    return timers == null ? body.get() : timers.of(part).time(body);
  }

  private static long clock(Runnable body) {
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

  /** Seconds of each part on the device; waits for them, and answers once. */
  Map<StepPart, Double> parts() {
    return timers == null ? Map.of() : timers.take();
  }
}
