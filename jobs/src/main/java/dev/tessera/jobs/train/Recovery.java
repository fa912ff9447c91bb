package dev.tessera.jobs.train;

import dev.tessera.spark.barrier.RecoveryPart;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.LongSupplier;

/**
 * How long a run took from the first word of a loss to the next step, and what with. Every moment
 * belongs to one part, so that the parts sum to the whole; a loss during a recovery prolongs it.
 */
final class Recovery {

  private final LongSupplier nanos;
  private final Map<RecoveryPart, Long> parts = new EnumMap<>(RecoveryPart.class);
  private boolean running;
  private long last;

  /** Reads a clock of nanoseconds. */
  Recovery(LongSupplier nanos) {
    this.nanos = nanos;
  }

  boolean running() {
    return running;
  }

  /**
   * The first begins a recovery. What a later attempt did until it failed too counts as failure.
   */
  void lost() {
    if (running) {
      over(RecoveryPart.FAILURE);
    } else {
      running = true;
      parts.clear();
      last = nanos.getAsLong();
    }
  }

  /** The time since the last moment belongs to {@code part}. Nothing where nothing was lost. */
  void over(RecoveryPart part) {
    if (running) {
      long now = nanos.getAsLong();
      parts.merge(part, now - last, Long::sum);
      last = now;
      running = part != RecoveryPart.FIRST_STEP;
    }
  }

  private double total() {
    return parts.values().stream().mapToLong(Long::longValue).sum() / 1e9;
  }

  /** Seconds in all and of each part. */
  Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("recovery_seconds", total());
    parts.forEach(
        (part, time) -> values.put(part.name().toLowerCase(Locale.ROOT) + "_seconds", time / 1e9));
    return values;
  }

  /** {@code 14.2 s after the loss (failure 0.2, pause 1.0, ...)}. */
  @Override
  public String toString() {
    StringJoiner words = new StringJoiner(", ", "(", ")");
    parts.forEach(
        (part, time) ->
            words.add(
                String.format(
                    Locale.ROOT,
                    "%s %.1f",
                    part.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                    time / 1e9)));
    return String.format(Locale.ROOT, "%.1f s after the loss %s", total(), words);
  }
}
