package dev.tessera.models.runtime;

import dev.tessera.models.UserException;
import org.junit.jupiter.api.Assumptions;

/** What tests of a GPU begin with; without one they are skipped, and say why. */
final class OneGpu {

  private OneGpu() {}

  static TorchRuntime open() {
    try {
      return TorchRuntime.onGpu(0);
    } catch (UserException e) {
      return Assumptions.abort("needs a GPU: " + e.getMessage());
    }
  }
}
