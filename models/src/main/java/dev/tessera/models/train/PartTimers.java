package dev.tessera.models.train;

import dev.tessera.models.runtime.DeviceTimer;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.EnumMap;
import java.util.Map;

/** One timer for each part of a step. */
final class PartTimers implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Map<StepPart, DeviceTimer> timers = new EnumMap<>(StepPart.class);

  PartTimers(TorchRuntime runtime) {
    this.runtime = runtime;
  }

  DeviceTimer of(StepPart part) {
    return timers.computeIfAbsent(part, p -> new DeviceTimer(runtime));
  }

  /** Seconds of the parts that have been timed since the last call; waits for them. */
  Map<StepPart, Double> take() {
    Map<StepPart, Double> seconds = new EnumMap<>(StepPart.class);
    timers.forEach(
        (part, timer) -> {
          if (timer.used()) {
            seconds.put(part, timer.takeSeconds());
          }
        });
    return seconds;
  }

  @Override
  public void close() {
    timers.values().forEach(DeviceTimer::close);
  }
}
