package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.io.Serializable;
import java.util.Optional;

/**
 * How noise becomes data along falling noise levels. This list is the only one: recipes, {@code
 * tessera sample}, {@code tessera verify}, the documentation's table and the oracle tests go by it.
 */
public sealed interface Sampler extends Serializable
    permits Euler,
        Heun,
        Ddim,
        Ddpm,
        Dpmpp2m,
        Dpmpp2s,
        Dpmpp2mSde,
        UniPc,
        RungeKutta,
        EulerMaruyama,
        ReverseDiffusion,
        PredictorCorrector,
        AnnealedLangevin,
        FlowSde {

  /**
   * Follows the levels.
   *
   * @param x the start, at {@code sigmas[0]}; closed by this
   * @return the sample, owned by the caller
   */
  NativeTensor run(Chain chain, double[] sigmas, NativeTensor x);

  /** Calls of the denoiser for {@code sigmas}; an estimate for adaptive steps. */
  int evaluations(double[] sigmas);

  /** Whether it draws noise on its way. */
  boolean stochastic();

  /** Whether the denoiser has to tell variances too; see {@link Denoiser#estimate}. */
  default boolean needsVariance() {
    return false;
  }

  /**
   * Refuses levels that it cannot follow.
   *
   * @param sigmaData standard deviation of the data in the units of the levels
   * @throws IllegalArgumentException naming the nearest valid choice
   */
  default void check(double[] sigmas, double sigmaData) {}

  /** What a user should know of levels that it can follow but not well. */
  default Optional<String> warning(double[] sigmas) {
    return Optional.empty();
  }
}
