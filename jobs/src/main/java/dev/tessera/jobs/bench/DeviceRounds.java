package dev.tessera.jobs.bench;

import dev.tessera.models.runtime.DeviceTimer;
import dev.tessera.models.runtime.TorchRuntime;

/** Times a piece of work on the device, round by round. */
record DeviceRounds(TorchRuntime runtime, int rounds, int steps) {

  /** The seconds of one piece: median over rounds, after one round that does not count. */
  Spread time(Runnable piece) {
    double[] seconds = new double[rounds];
    try (DeviceTimer timer = new DeviceTimer(runtime)) {
      for (int i = -1; i < rounds; i++) {
        timer.time(
            () -> {
              for (int step = 0; step < steps; step++) {
                piece.run();
              }
            });
        double round = timer.takeSeconds() / steps;
        if (i >= 0) {
          seconds[i] = round;
        }
      }
    }
    return Spread.of(seconds);
  }
}
