package dev.tessera.models.diffusion;

import static dev.tessera.models.diffusion.DiffusionModel.pixelwise;

import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Traced;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/**
 * A term of DDPM's variational bound (Ho et al. 2020, equation 5) where the variance of a step is
 * learned: {@code beta^f btilde^(1 - f)} for the posterior's {@code btilde} (Nichol and Dhariwal
 * 2021, equation 15). With {@code abar = 1 / (1 + sigma^2)} and the levels sigma of a step and r of
 * the one before, {@code beta = (sigma^2 - r^2) / (1 + sigma^2)} and {@code btilde = beta r^2 (1 +
 * sigma^2) / (sigma^2 (1 + r^2))}.
 *
 * @param path the numbered steps
 * @param kind of the data, which decides what the first step is measured by
 */
record VariationalBound(Discrete path, Signal.Kind kind) {

  /** Half the width of one of 256 colours, of which -1 and 1 are the outermost. */
  private static final double HALF_BIN = 1 / 255.0;

  private static final double LEAST_PROBABILITY = 1e-12;

  /**
   * Of steps 1 and later the divergence of the model's step from the posterior's; of step 0 the
   * negative log likelihood of the data: of their colour, or the density of latents.
   *
   * @param sigma levels of the path, {@code [N]}
   * @param clean the data, {@code [N, C, H, W]}
   * @param denoised the model's estimate of them
   * @param fraction f, {@code [N, C, H, W]}
   * @return bits a dimension, {@code [N]}
   */
  Tensor bits(Traced sigma, Tensor clean, Tensor denoised, Tensor fraction) {
    Traced table = path.table(sigma);
    Traced step = path.label(sigma);
    Traced own = table.at(step);
    Traced before = table.at(step.add(-1).maximum(0));
    // The posterior of step 0 has no variance; that of step 1 stands for it, as the authors do.
    Tensor first = step.tensor().less(of(step.tensor(), 0.5));
    Tensor beta = select(first, beta(own, own.mul(0)), beta(own, before));
    Tensor small = posterior(table.at(step.maximum(1)), before);
    Tensor logSmall = pixelwise(small.log());
    Tensor logBeta = pixelwise(beta.log());
    Tensor logVariance = logSmall.add(fraction.mul(logBeta.sub(logSmall)));
    Tensor nats =
        pixelwise(first)
            .where(
                likelihood(clean, denoised, logVariance),
                divergence(
                    clean.sub(denoised).mul(pixelwise(coefficient(own, before))),
                    logSmall,
                    logVariance));
    return nats.mean(1, 2, 3).reshape(Shape.of(clean.dim(0))).mul(1 / Math.log(2));
  }

  private static Tensor select(Tensor condition, Traced yes, Traced no) {
    return condition.where(yes.tensor(), no.tensor());
  }

  private static Traced beta(Traced sigma, Traced before) {
    return sigma.square().sub(before.square()).div(sigma.square().add(1));
  }

  private static Tensor posterior(Traced sigma, Traced before) {
    Traced ratio = before.square().div(before.square().add(1));
    return sigma.square().sub(before.square()).mul(ratio).div(sigma.square()).tensor();
  }

  /** Of x0 in the posterior's mean: {@code beta sqrt(abar') / (1 - abar)}. */
  private static Traced coefficient(Traced sigma, Traced before) {
    return beta(sigma, before)
        .mul(sigma.square().add(1))
        .div(sigma.square())
        .div(before.square().add(1).sqrt());
  }

  /** {@code KL(N(0, exp(first)) | N(difference, exp(second)))}. */
  private static Tensor divergence(Tensor difference, Tensor first, Tensor second) {
    Tensor spread = second.sub(first).add(first.sub(second).exp()).add(-1);
    return spread.add(difference.square().mul(second.neg().exp())).mul(0.5);
  }

  private Tensor likelihood(Tensor clean, Tensor mean, Tensor logVariance) {
    Tensor centred = clean.sub(mean);
    if (kind == Signal.Kind.LATENTS) {
      Tensor squares = centred.square().mul(logVariance.neg().exp());
      return squares.add(logVariance).add(Math.log(2 * Math.PI)).mul(0.5);
    }
    Tensor precision = logVariance.mul(-0.5).exp();
    Tensor above = cumulative(centred.add(HALF_BIN).mul(precision));
    Tensor below = cumulative(centred.add(-HALF_BIN).mul(precision));
    Tensor upper = of(clean, 0.999).less(clean).where(of(clean, 1), above);
    Tensor lower = clean.less(of(clean, -0.999)).where(of(clean, 0), below);
    return upper.sub(lower).clamp(LEAST_PROBABILITY, 1).log().neg();
  }

  /** Of the standard normal law, to 2e-4 (Page 1977), as DDPM's code computes it. */
  private static Tensor cumulative(Tensor x) {
    Tensor odd = x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return odd.tanh().add(1).mul(0.5);
  }

  private static Tensor of(Tensor like, double value) {
    return like.trace().full(DType.FLOAT32, like.shape(), value);
  }
}
