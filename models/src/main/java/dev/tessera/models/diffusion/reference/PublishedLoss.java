package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.nn.BackboneRecipe;

/**
 * The loss of a batch as its paper writes it: noise is added to the data, the network's answer is
 * turned into clean data, and their squared error is weighted.
 */
final class PublishedLoss {

  private final DiffusionRecipe recipe;
  private final Layout layout;
  private final Drawn drawn;
  private final PublishedDesign design;

  PublishedLoss(DiffusionRecipe recipe, Layout layout, Drawn drawn) {
    this.recipe = recipe;
    this.layout = layout;
    this.drawn = drawn;
    this.design = new PublishedDesign(recipe);
  }

  /**
   * The mean over the batch.
   *
   * @param clean data in the units of noise levels, {@code [n][d]}
   * @param weights of the network
   * @param still those that say what a hybrid loss takes for constant; equal but for derivatives
   */
  double of(double[][] clean, double[] weights, double... still) {
    double sum = 0;
    for (int i = 0; i < clean.length; i++) {
      double sigma = design.sigma(drawn.levels()[i]);
      sum += sample(clean[i], sigma, i, weights, still) / clean.length;
    }
    return sum;
  }

  private double sample(double[] clean, double sigma, int i, double[] weights, double... still) {
    double[] x = new double[clean.length];
    for (int j = 0; j < x.length; j++) {
      x[j] = clean[j] + sigma * drawn.noise()[i][j];
    }
    Loss loss = recipe.loss();
    if (loss instanceof Loss.SlicedScore sliced) {
      return sliced(sliced, x, sigma, drawn.directions()[i], weights);
    }
    double error = 0;
    double[] denoised = denoised(x, sigma, weights);
    for (int j = 0; j < clean.length; j++) {
      error += Math.pow(denoised[j] - clean[j], 2) / clean.length;
    }
    if (loss instanceof Loss.Uncertain uncertain) {
      double u = uncertainty(Math.log(sigma) / 4, weights);
      return design.weight(uncertain.weighting(), sigma) / Math.exp(u) * error + u;
    }
    if (loss instanceof Loss.Hybrid hybrid) {
      double[] constant = denoised(x, sigma, still);
      double[] said = said(x, sigma, weights);
      PublishedBound bound = new PublishedBound((Discrete) recipe.path());
      double bits = 0;
      for (int j = 0; j < clean.length; j++) {
        double fraction = (said[clean.length + j] + 1) / 2;
        bits += bound.bits(sigma, clean[j], constant[j], fraction) / clean.length;
      }
      return design.weight(hybrid.weighting(), sigma) * error + hybrid.bound() * bits;
    }
    Weighting weighting = ((Loss.Denoising) loss).weighting();
    return design.weight(weighting, sigma) * error;
  }

  private double[] said(double[] x, double sigma, double... weights) {
    double[] seen = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      seen[j] = design.in(sigma) * x[j];
    }
    BackboneRecipe.Mlp mlp = (BackboneRecipe.Mlp) recipe.backbone();
    return new ReferenceMlp(layout, mlp, weights).apply(seen, design.angle(sigma));
  }

  private double[] denoised(double[] x, double sigma, double... weights) {
    double[] f = said(x, sigma, weights);
    double[] clean = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      clean[j] = design.denoised(x[j], sigma, f[j]);
    }
    return clean;
  }

  /**
   * {@code lambda (v' J v + |s|^2 / 2)} an element (Song et al. 2020), with J by central
   * differences and lambda the weight of {@code |D - x0|^2} times sigma^4.
   */
  private double sliced(
      Loss.SlicedScore loss, double[] x, double sigma, double[] v, double... weights) {
    double h = 1e-5 * sigma;
    double[] up = x.clone();
    double[] down = x.clone();
    for (int j = 0; j < x.length; j++) {
      up[j] += h * v[j];
      down[j] -= h * v[j];
    }
    double[] above = score(up, sigma, weights);
    double[] below = score(down, sigma, weights);
    double[] score = score(x, sigma, weights);
    double curved = 0;
    double along = 0;
    double square = 0;
    for (int j = 0; j < x.length; j++) {
      curved += v[j] * (above[j] - below[j]) / (2 * h);
      along += v[j] * score[j];
      square += score[j] * score[j];
    }
    double half = loss.varianceReduced() ? square / 2 : along * along / 2;
    double lambda = design.weight(loss.weighting(), sigma) * Math.pow(sigma, 4);
    return lambda * (curved + half) / x.length;
  }

  private double[] score(double[] x, double sigma, double... weights) {
    double[] clean = denoised(x, sigma, weights);
    for (int j = 0; j < x.length; j++) {
      clean[j] = (clean[j] - x[j]) / (sigma * sigma);
    }
    return clean;
  }

  /** u of EDM2's head: cosines at fixed frequencies, and a row of norm 1. */
  private double uncertainty(double label, double... weights) {
    Layout.Slice slice = layout.slices().get("uncertainty.linear.weight");
    int n = (int) slice.size();
    double squares = 0;
    double sum = 0;
    for (int k = 0; k < n; k++) {
      double w = weights[(int) slice.offset() + k];
      double angle = 2 * Math.PI * (drawn.frequencies()[k] * label + drawn.phases()[k]);
      squares += w * w;
      sum += w * Math.sqrt(2) * Math.cos(angle);
    }
    return sum / (Math.sqrt(squares / n) + 1e-4) / Math.sqrt(n);
  }
}
