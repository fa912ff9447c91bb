package dev.tessera.models.train;

import dev.tessera.models.runtime.NativeTensor;

/** Gradient and summary of some shards. */
final class Partial implements AutoCloseable {

  private final NativeTensor gradient;
  private final NativeTensor summary;
  private boolean summaryTaken;

  Partial(NativeTensor gradient, NativeTensor summary) {
    this.gradient = gradient;
    this.summary = summary;
  }

  NativeTensor gradient() {
    return gradient;
  }

  NativeTensor summary() {
    return summary;
  }

  /** The summary, which now belongs to the caller. */
  NativeTensor takeSummary() {
    summaryTaken = true;
    return summary;
  }

  @Override
  public void close() {
    gradient.close();
    if (!summaryTaken) {
      summary.close();
    }
  }
}
