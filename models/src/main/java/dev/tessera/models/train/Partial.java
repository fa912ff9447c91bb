package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;

/** Gradient and summary of some shards. */
record Partial(NativeTensor gradient, NativeTensor summary) implements AutoCloseable {
  @Override
  public void close() {
    gradient.close();
    summary.close();
  }
}
