package dev.tessera.models.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * The time that stretches of a rank's work take on its device: on a GPU between events in the order
 * of the work, for which nothing waits until they are read; on the CPU by the clock. Not for use
 * while a graph is captured.
 */
public final class DeviceTimer implements AutoCloseable {

  /** Events around one stretch. */
  private record Stretch(long begin, long end) {}

  private final TorchRuntime runtime;
  private final List<Stretch> stretches = new ArrayList<>();
  private int used;
  private long nanos;

  public DeviceTimer(TorchRuntime runtime) {
    this.runtime = runtime;
  }

  /** Runs {@code body} and counts its work. */
  public void time(Runnable body) {
    time(
        () -> {
          body.run();
          return null;
        });
  }

  /** As {@link #time(Runnable)}, of a body with a result. */
  public <T> T time(Supplier<T> body) {
    if (!runtime.onGpu()) {
      used++;
      long start = System.nanoTime();
      T result = body.get();
      nanos += System.nanoTime() - start;
      return result;
    }
    Stretch stretch = next();
    mark(stretch.begin());
    T result = body.get();
    mark(stretch.end());
    return result;
  }

  private Stretch next() {
    if (used == stretches.size()) {
      Cudart cudart = runtime.cuda().cudart();
      stretches.add(new Stretch(cudart.timedEvent(), cudart.timedEvent()));
    }
    return stretches.get(used++);
  }

  private void mark(long event) {
    if (!runtime.lost()) {
      runtime.cuda().cudart().record(event, runtime.cuda().stream());
    }
  }

  /** Whether anything has been timed since {@link #takeSeconds}. */
  public boolean used() {
    return used > 0;
  }

  /** The sum of all stretches since the last call; waits until the device has done them. */
  public double takeSeconds() {
    double seconds = nanos / 1e9;
    if (runtime.onGpu() && !runtime.lost()) {
      Cudart cudart = runtime.cuda().cudart();
      for (Stretch stretch : stretches.subList(0, used)) {
        cudart.synchronizeEvent(stretch.end());
        seconds += cudart.seconds(stretch.begin(), stretch.end());
      }
    }
    used = 0;
    nanos = 0;
    return seconds;
  }

  @Override
  public void close() {
    if (!runtime.lost()) {
      for (Stretch stretch : stretches) {
        runtime.cuda().cudart().destroyEvent(stretch.begin());
        runtime.cuda().cudart().destroyEvent(stretch.end());
      }
    }
    stretches.clear();
  }
}
