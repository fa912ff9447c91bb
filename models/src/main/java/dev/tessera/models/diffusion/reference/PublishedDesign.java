package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.diffusion.space.Weighting;

/** A recipe's choices as their papers write them, at one noise level of {@code x0 + sigma eps}. */
final class PublishedDesign {

  private final DiffusionRecipe recipe;
  private final PublishedPath path;

  PublishedDesign(DiffusionRecipe recipe) {
    this.recipe = recipe;
    path = new PublishedPath(recipe.path());
  }

  /** The level of training that follows from one random number. */
  double sigma(double drawn) {
    NoiseDistribution noise = recipe.noise();
    if (noise instanceof NoiseDistribution.LogNormal normal) {
      return Math.exp(normal.mean() + normal.deviation() * drawn);
    }
    if (noise instanceof NoiseDistribution.LogitNormal normal) {
      double logit = normal.mean() + normal.deviation() * drawn;
      double odds = Math.exp(logit);
      return normal.shift()
          * (recipe.path() instanceof Linear ? odds : path.sigma(odds / (1 + odds)));
    }
    if (noise instanceof NoiseDistribution.LogUniform uniform) {
      return uniform.sigmaMin() * Math.pow(uniform.sigmaMax() / uniform.sigmaMin(), drawn);
    }
    if (noise instanceof NoiseDistribution.Geometric levels) {
      double level = Math.floor(drawn * levels.levels()) / (levels.levels() - 1);
      return levels.sigmaMin() * Math.pow(levels.sigmaMax() / levels.sigmaMin(), level);
    }
    if (noise instanceof NoiseDistribution.CosMap) {
      return path.sigma(1 - 1 / (Math.tan(Math.PI * drawn / 2) + 1));
    }
    if (noise instanceof NoiseDistribution.Mode mode) {
      double bend = Math.pow(Math.cos(Math.PI * drawn / 2), 2) - 1 + drawn;
      return path.sigma(1 - drawn - mode.scale() * bend);
    }
    NoiseDistribution.Uniform uniform = (NoiseDistribution.Uniform) noise;
    return path.sigma(uniform.first() + (uniform.last() - uniform.first()) * drawn);
  }

  /** What the network is given of x. */
  double in(double sigma) {
    Preconditioning given = recipe.preconditioning();
    if (given instanceof Preconditioning.Ve) {
      return 1;
    }
    if (given instanceof Preconditioning.Own) {
      return path.scale(sigma);
    }
    double sd = given instanceof Preconditioning.Edm ? recipe.sigmaData() : 1;
    return 1 / Math.sqrt(sigma * sigma + sd * sd);
  }

  /** The angle of the network's fastest feature: the time in steps, or 250 times a logarithm. */
  double angle(double sigma) {
    Preconditioning given = recipe.preconditioning();
    if (given instanceof Preconditioning.Ve) {
      return 250 * Math.log(sigma / 2);
    }
    if (given instanceof Preconditioning.Edm) {
      return 250 * Math.log(sigma) / 4;
    }
    if (given instanceof Preconditioning.Vp vp) {
      return new PublishedPath(new VariancePreserving(vp.betaMin(), vp.betaMax())).label(sigma);
    }
    if (given instanceof Preconditioning.Iddpm iddpm) {
      Betas cosine = Betas.SquaredCosine.defaults();
      return new PublishedPath(new Discrete(cosine, iddpm.levels(), false)).label(sigma);
    }
    return path.label(sigma);
  }

  /** The clean data, of x and of what the network says. */
  double denoised(double x, double sigma, double f) {
    double sd = recipe.sigmaData();
    double a = path.scale(sigma);
    double s = a * sigma;
    double xt = a * x;
    return switch (recipe.prediction()) {
      case EDM -> {
        double total = sigma * sigma + sd * sd;
        yield sd * sd / total * x + sigma * sd / Math.sqrt(total) * f;
      }
      case X0 -> f;
      case EPS -> (xt - s * f) / a;
      case V -> (a * xt - s * f) / (a * a + s * s);
      case SCORE -> (xt + s * s * f) / a;
      case SCALED_SCORE -> (xt + s * f) / a;
      case FLOW -> {
        double[] rates = path.rates(sigma);
        yield (rates[1] * xt - s * f) / (rates[1] * a - rates[0] * s);
      }
    };
  }

  /** The weight of {@code |D - x0|^2}. */
  double weight(Weighting weighting, double sigma) {
    double sd = recipe.sigmaData();
    double snr = 1 / (sigma * sigma);
    if (weighting instanceof Weighting.Edm) {
      return (sigma * sigma + sd * sd) / Math.pow(sigma * sd, 2);
    }
    if (weighting instanceof Weighting.Eps) {
      return snr;
    }
    if (weighting instanceof Weighting.V) {
      return snr + 1;
    }
    if (weighting instanceof Weighting.Flow) {
      return Math.pow((1 + sigma) / sigma, 2);
    }
    if (weighting instanceof Weighting.MinSnr least) {
      return Math.min(snr, least.gamma());
    }
    if (weighting instanceof Weighting.SoftMinSnr soft) {
      return snr * soft.gamma() / (snr + soft.gamma());
    }
    if (weighting instanceof Weighting.Likelihood) {
      // g^2 of the score of x_t, an error of which is that of D over sigma s.
      double[] rates = path.rates(sigma);
      double a = path.scale(sigma);
      double s = a * sigma;
      double square = 2 * (s * rates[1] - s * s * rates[0] / a);
      return square / Math.pow(sigma * s, 2);
    }
    return 1;
  }
}
