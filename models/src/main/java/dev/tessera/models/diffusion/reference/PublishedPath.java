package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;

/**
 * {@code x_t = a x0 + s eps} of each path at one time or noise level {@code sigma = s / a}.
 *
 * @param path by its name and its numbers
 */
record PublishedPath(Path path) {

  double sigma(double time) {
    if (path instanceof Linear) {
      return time / (1 - time);
    }
    if (path instanceof Cosine) {
      return Math.tan(Math.PI * time / 2);
    }
    if (path instanceof VarianceExploding ve) {
      return ve.sigmaMin() * Math.pow(ve.sigmaMax() / ve.sigmaMin(), time);
    }
    if (path instanceof Discrete discrete) {
      double[] table = table(discrete);
      return table[(int) Math.min(discrete.steps() - 1, Math.floor(time * discrete.steps()))];
    }
    double a = Math.exp(-integral(time) / 2);
    return path instanceof VariancePreserving ? Math.sqrt(1 / (a * a) - 1) : (1 - a * a) / a;
  }

  /** Of the VP and sub-VP equations: the integral of beta from 0. */
  private double integral(double time) {
    return betaMin() * time + (betaMax() - betaMin()) * time * time / 2;
  }

  private double betaMin() {
    return path instanceof SubVariancePreserving sub
        ? sub.betaMin()
        : ((VariancePreserving) path).betaMin();
  }

  private double betaMax() {
    return path instanceof SubVariancePreserving sub
        ? sub.betaMax()
        : ((VariancePreserving) path).betaMax();
  }

  double time(double sigma) {
    if (path instanceof Linear) {
      return sigma / (1 + sigma);
    }
    if (path instanceof Cosine) {
      return 2 / Math.PI * Math.atan(sigma);
    }
    if (path instanceof VarianceExploding ve) {
      return Math.log(sigma / ve.sigmaMin()) / Math.log(ve.sigmaMax() / ve.sigmaMin());
    }
    double integral = -2 * Math.log(scale(sigma));
    double slope = betaMax() - betaMin();
    return (Math.sqrt(betaMin() * betaMin() + 2 * slope * integral) - betaMin()) / slope;
  }

  /** The time in steps of 0 to 999, of discrete paths the number of the nearest step. */
  double label(double sigma) {
    return path instanceof Discrete discrete ? nearest(table(discrete), sigma) : 999 * time(sigma);
  }

  static int nearest(double[] table, double sigma) {
    int best = 0;
    for (int i = 1; i < table.length; i++) {
      best = Math.abs(table[i] - sigma) < Math.abs(table[best] - sigma) ? i : best;
    }
    return best;
  }

  /** a. */
  double scale(double sigma) {
    if (path instanceof Linear) {
      return 1 / (1 + sigma);
    }
    if (path instanceof VarianceExploding) {
      return 1;
    }
    if (path instanceof SubVariancePreserving) {
      return (Math.sqrt(sigma * sigma + 4) - sigma) / 2;
    }
    return 1 / Math.sqrt(1 + sigma * sigma);
  }

  /** {@code da/dt} and {@code ds/dt} at a level. */
  double[] rates(double sigma) {
    double time = time(sigma);
    double a = scale(sigma);
    double s = a * sigma;
    if (path instanceof Linear) {
      return new double[] {-1, 1};
    }
    if (path instanceof Cosine) {
      return new double[] {
        -Math.PI / 2 * Math.sin(Math.PI * time / 2), Math.PI / 2 * Math.cos(Math.PI * time / 2)
      };
    }
    if (path instanceof VarianceExploding ve) {
      return new double[] {0, s * Math.log(ve.sigmaMax() / ve.sigmaMin())};
    }
    double falls = -(betaMin() + (betaMax() - betaMin()) * time) * a / 2;
    return new double[] {
      falls, path instanceof VariancePreserving ? -a * falls / s : -2 * a * falls
    };
  }

  /** All levels of numbered steps, of betas as published. */
  static double[] table(Discrete path) {
    int n = path.steps();
    double[] sigmas = new double[n];
    double abar = 1;
    for (int i = 0; i < n; i++) {
      abar *= 1 - beta(path.betas(), i, n);
      sigmas[i] = Math.sqrt(1 / abar - 1);
    }
    return sigmas;
  }

  static double beta(Betas betas, int i, int n) {
    if (betas instanceof Betas.Linear linear) {
      double unit = 1000.0 / n;
      return unit * (linear.first() + (linear.last() - linear.first()) * i / (n - 1));
    }
    if (betas instanceof Betas.ScaledLinear scaled) {
      double first = Math.sqrt(scaled.first());
      return Math.pow(first + (Math.sqrt(scaled.last()) - first) * i / (n - 1), 2);
    }
    Betas.SquaredCosine cosine = (Betas.SquaredCosine) betas;
    double ratio = abar(cosine, i + 1, n) / abar(cosine, i, n);
    return Math.min(1 - ratio, cosine.largest());
  }

  private static double abar(Betas.SquaredCosine cosine, int i, int n) {
    double angle = ((double) i / n + cosine.offset()) / (1 + cosine.offset()) * Math.PI / 2;
    return Math.pow(Math.cos(angle), 2);
  }
}
