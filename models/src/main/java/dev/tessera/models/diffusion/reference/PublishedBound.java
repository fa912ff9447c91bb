package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.space.Discrete;

/** A term of DDPM's bound with a learned variance (Nichol and Dhariwal 2021), of latents. */
final class PublishedBound {

  private final Discrete path;
  private final double[] table;

  PublishedBound(Discrete path) {
    this.path = path;
    table = PublishedPath.table(path);
  }

  private double abar(int step) {
    return step < 0 ? 1 : 1 / (1 + table[step] * table[step]);
  }

  private double posterior(int step) {
    int at = Math.max(1, step);
    double beta = PublishedPath.beta(path.betas(), at, path.steps());
    return beta * (1 - abar(at - 1)) / (1 - abar(at));
  }

  /** Bits of one element at a level of the table. */
  double bits(double sigma, double clean, double denoised, double fraction) {
    int step = PublishedPath.nearest(table, sigma);
    double beta = PublishedPath.beta(path.betas(), step, path.steps());
    double truth = posterior(step);
    double own = Math.exp(fraction * Math.log(beta) + (1 - fraction) * Math.log(truth));
    double gap = clean - denoised;
    if (step == 0) {
      return (Math.log(2 * Math.PI * own) + gap * gap / own) / 2 / Math.log(2);
    }
    double of = beta * Math.sqrt(abar(step - 1)) / (1 - abar(step));
    double ratio = (truth + of * of * gap * gap) / own;
    return (Math.log(own / truth) + ratio - 1) / 2 / Math.log(2);
  }
}
