package dev.tessera.models.train;

import dev.tessera.models.Expected;
import java.io.Serializable;

/**
 * How a loss is scaled so that its float16 gradients neither underflow nor overflow (Micikevicius
 * et al. 2018); used in float16 alone. A step whose gradient is not finite is skipped. The defaults
 * are PyTorch's; {@code hysteresis: 2, growth-interval: 1000, initial: 4294967296} are
 * Megatron-LM's.
 *
 * @param initial first scale
 * @param growth factor after {@code growthInterval} steps that were not skipped; 1 for a scale that
 *     never grows
 * @param growthInterval steps without a skipped one
 * @param backoff factor after {@code hysteresis} skipped steps
 * @param hysteresis steps skipped since the scale last grew before it falls, whether in a row or
 *     not; it falls at each one after
 * @param minimum a scale that falls below ends the run as diverged
 */
public record LossScaleRecipe(
    double initial,
    double growth,
    int growthInterval,
    double backoff,
    int hysteresis,
    double minimum)
    implements Serializable {

  /** Steps are counted in float32 on the device: exact so far. */
  private static final int COUNTABLE = 1 << 24;

  public LossScaleRecipe {
    Expected.that(minimum > 0, "minimum", minimum, "above 0");
    Expected.that(
        initial >= minimum && initial <= Float.MAX_VALUE,
        "initial",
        initial,
        "at least minimum, " + minimum + ", and a float32");
    Expected.that(
        growth >= 1 && growth <= Float.MAX_VALUE, "growth", growth, "1 or more, a float32");
    Expected.that(
        growthInterval >= 1 && growthInterval <= COUNTABLE,
        "growthInterval",
        growthInterval,
        "1 to " + COUNTABLE);
    Expected.that(backoff > 0 && backoff < 1, "backoff", backoff, "above 0, below 1");
    Expected.that(
        hysteresis >= 1 && hysteresis <= COUNTABLE, "hysteresis", hysteresis, "1 to " + COUNTABLE);
  }

  public static LossScaleRecipe defaults() {
    return new LossScaleRecipe(65_536, 2, 2_000, 0.5, 1, 1);
  }
}
