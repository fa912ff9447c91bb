package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.sampler.AnnealedLangevin;
import dev.tessera.models.diffusion.sampler.Ddim;
import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Dpmpp2m;
import dev.tessera.models.diffusion.sampler.Dpmpp2mSde;
import dev.tessera.models.diffusion.sampler.Dpmpp2s;
import dev.tessera.models.diffusion.sampler.Euler;
import dev.tessera.models.diffusion.sampler.EulerMaruyama;
import dev.tessera.models.diffusion.sampler.FlowSde;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.ReverseDiffusion;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.sampler.UniPc;
import dev.tessera.models.diffusion.space.Path;
import java.util.OptionalDouble;

/**
 * The variance of a sampler's samples where the data are N(0, variance): each step is linear, so it
 * follows a recursion, written here as the sampler's paper has the step and in its coordinates.
 *
 * @param variance of the data
 * @param sigmas falling levels; samples start with that of noise of the first
 */
record GaussianRecursion(double variance, double... sigmas) {

  /** The standard deviation of the samples, where this knows the sampler. */
  OptionalDouble deviation(Sampler sampler) {
    OptionalDouble square = squared(sampler);
    return square.isPresent()
        ? OptionalDouble.of(Math.sqrt(square.getAsDouble()))
        : OptionalDouble.empty();
  }

  private OptionalDouble squared(Sampler sampler) {
    if (sampler instanceof Euler) {
      return OptionalDouble.of(euler());
    }
    if (sampler instanceof Heun heun) {
      return OptionalDouble.of(heun(heun));
    }
    if (sampler instanceof Ddim ddim) {
      return OptionalDouble.of(ddim(ddim.eta()));
    }
    if (sampler instanceof Ddpm ddpm && ddpm.variance() != Ddpm.Variance.LEARNED_RANGE) {
      return OptionalDouble.of(ddpm(ddpm.variance() == Ddpm.Variance.FIXED_LARGE));
    }
    if (sampler instanceof Dpmpp2m multi) {
      return OptionalDouble.of(multistep(0, multi.lowerOrderFinal()));
    }
    if (sampler instanceof Dpmpp2mSde multi) {
      return OptionalDouble.of(multistep(multi.eta(), false));
    }
    if (sampler instanceof Dpmpp2s) {
      return OptionalDouble.of(singlestep());
    }
    if (sampler instanceof RungeKutta) {
      return OptionalDouble.of(flow());
    }
    if (sampler instanceof EulerMaruyama reverse) {
      return OptionalDouble.of(eulerMaruyama(reverse.path()));
    }
    if (sampler instanceof ReverseDiffusion reverse) {
      return OptionalDouble.of(
          reverse.form() == ReverseDiffusion.Form.VE ? reverseVe() : reverseVp());
    }
    if (sampler instanceof UniPc multi) {
      return OptionalDouble.of(Math.pow(new UniPcRecursion(variance, sigmas).end(multi), 2));
    }
    if (sampler instanceof FlowSde sde) {
      return OptionalDouble.of(flowSde(sde));
    }
    if (sampler instanceof AnnealedLangevin langevin) {
      return OptionalDouble.of(langevin(langevin));
    }
    return OptionalDouble.empty();
  }

  private int steps() {
    return sigmas.length - 1;
  }

  /** The ideal denoiser's factor of x0 + sigma eps. */
  private double gain(double sigma) {
    return variance / (variance + sigma * sigma);
  }

  /** The factor of x in {@code (x - D) / sigma}. */
  private double slope(double sigma) {
    return sigma / (variance + sigma * sigma);
  }

  private static double abar(double sigma) {
    return 1 / (1 + sigma * sigma);
  }

  private double euler() {
    double x = sigmas[0];
    for (int i = 0; i < steps(); i++) {
      x *= 1 + (sigmas[i + 1] - sigmas[i]) * slope(sigmas[i]);
    }
    return x * x;
  }

  private double heun(Heun sampler) {
    double v = sigmas[0] * sigmas[0];
    int levels = sigmas[steps()] == 0 ? steps() : steps() + 1;
    for (int i = 0; i < steps(); i++) {
      boolean in = sigmas[i] >= sampler.churnMin() && sigmas[i] <= sampler.churnMax();
      double gamma = in ? Math.min(sampler.churn() / levels, Math.sqrt(2) - 1) : 0;
      double s = sigmas[i] * (1 + gamma);
      v += (s * s - sigmas[i] * sigmas[i]) * Math.pow(sampler.churnNoise(), 2);
      double half = 1 / (2 * sampler.alpha());
      if (sigmas[i + 1] > 0 && s > 10 * Math.max(1, sigmas[i + 1])) {
        v *= Math.pow(heunInFlowTime(s, sigmas[i + 1], sampler.alpha()), 2);
        continue;
      }
      double h = sigmas[i + 1] - s;
      double ahead = 1 + sampler.alpha() * h * slope(s);
      double second = slope(s + sampler.alpha() * h) * ahead;
      double k = sigmas[i + 1] == 0 ? gain(s) : 1 + h * ((1 - half) * slope(s) + half * second);
      v *= k * k;
    }
    return v;
  }

  /** The factor of x of a step in the linear path's own variables, {@code dx/dt = eps - D}. */
  private double heunInFlowTime(double sigma, double next, double alpha) {
    double t = sigma / (1 + sigma);
    double dt = next / (1 + next) - t;
    double half = 1 / (2 * alpha);
    double velocity = velocity(t);
    double ahead = 1 + alpha * dt * velocity;
    double k = 1 + dt * ((1 - half) * velocity + half * velocity(t + alpha * dt) * ahead);
    return k * (1 + next) / (1 + sigma);
  }

  /** The factor of x_t in {@code eps - D}: {@code cov(eps - x0, x_t) / var(x_t)}. */
  private double velocity(double t) {
    return (t - (1 - t) * variance) / (t * t + (1 - t) * (1 - t) * variance);
  }

  private double ddim(double eta) {
    double v = 1 - abar(sigmas[0]);
    for (int i = 0; i < steps(); i++) {
      double a = abar(sigmas[i]);
      double p = abar(sigmas[i + 1]);
      double s = eta * Math.sqrt((1 - p) / (1 - a) * (1 - a / p));
      double x0 = gain(sigmas[i]) / Math.sqrt(a);
      double eps = (1 - Math.sqrt(a) * x0) / Math.sqrt(1 - a);
      double k = Math.sqrt(p) * x0 + Math.sqrt(Math.max(0, 1 - p - s * s)) * eps;
      v = k * k * v + s * s;
    }
    return v / abar(sigmas[steps()]);
  }

  private double ddpm(boolean large) {
    double v = 1 - abar(sigmas[0]);
    for (int i = 0; i < steps(); i++) {
      double a = abar(sigmas[i]);
      double p = abar(sigmas[i + 1]);
      double beta = 1 - a / p;
      double x0 = gain(sigmas[i]) / Math.sqrt(a);
      double k = beta * Math.sqrt(p) / (1 - a) * x0 + (1 - p) * Math.sqrt(1 - beta) / (1 - a);
      double noise = large ? beta : beta * (1 - p) / (1 - a);
      v = k * k * v + (sigmas[i + 1] == 0 ? 0 : noise);
    }
    return v / abar(sigmas[steps()]);
  }

  /** Covariances of x and the denoised x before. */
  private double multistep(double eta, boolean lowerOrderFinal) {
    double xx = sigmas[0] * sigmas[0];
    double xd = 0;
    double dd = 0;
    for (int i = 0; i < steps(); i++) {
      double g = gain(sigmas[i]);
      if (sigmas[i + 1] == 0) {
        return g * g * xx;
      }
      double h = Math.log(sigmas[i] / sigmas[i + 1]);
      double grow = -Math.expm1(-h - eta * h);
      double keep = sigmas[i + 1] / sigmas[i] * Math.exp(-eta * h);
      double noise = Math.pow(sigmas[i + 1], 2) * -Math.expm1(-2 * eta * h);
      boolean first = i == 0 || (lowerOrderFinal && i == steps() - 1);
      // (D - D before) / r / 2, with r the last step's length over this one's.
      double bend = first ? 0 : grow / 2 * h / Math.log(sigmas[i - 1] / sigmas[i]);
      double a = keep + (grow + bend) * g;
      double next = a * a * xx - 2 * a * bend * xd + bend * bend * dd + noise;
      xd = g * (a * xx - bend * xd);
      dd = g * g * xx;
      xx = next;
    }
    return xx;
  }

  private double singlestep() {
    double x = sigmas[0];
    for (int i = 0; i < steps(); i++) {
      double d = gain(sigmas[i]) * x;
      if (sigmas[i + 1] == 0) {
        return d * d;
      }
      double h = Math.log(sigmas[i] / sigmas[i + 1]);
      double middle = sigmas[i] * Math.exp(-h / 2);
      double u = Math.exp(-h / 2) * x - Math.expm1(-h / 2) * d;
      x = Math.exp(-h) * x - Math.expm1(-h) * gain(middle) * u;
    }
    return x * x;
  }

  /** The flow's exact map to the last level, and what denoises there. */
  private double flow() {
    double first = sigmas[0] * sigmas[0];
    double last = sigmas[steps()] == 0 ? sigmas[steps() - 1] : sigmas[steps()];
    double v = first * (variance + last * last) / (variance + first);
    return sigmas[steps()] == 0 ? v * gain(last) * gain(last) : v;
  }

  private double eulerMaruyama(Path path) {
    double v = Math.pow(sigmas[0] * path.scale(sigmas[0]), 2);
    for (int i = 0; i < steps(); i++) {
      double a = path.scale(sigmas[i]);
      if (sigmas[i + 1] == 0) {
        return v * Math.pow(gain(sigmas[i]) / a, 2);
      }
      double time = path.time(sigmas[i]);
      double dt = time - path.time(sigmas[i + 1]);
      double marginal = a * a * (variance + sigmas[i] * sigmas[i]);
      double square = path.diffusion(time);
      double k = 1 - path.drift(time) * dt - square * dt / marginal;
      v = k * k * v + square * dt;
    }
    return v / Math.pow(path.scale(sigmas[steps()]), 2);
  }

  private double reverseVe() {
    double v = sigmas[0] * sigmas[0];
    for (int i = 0; i < steps(); i++) {
      double gone = sigmas[i] * sigmas[i] - sigmas[i + 1] * sigmas[i + 1];
      double k = 1 - gone / (variance + sigmas[i] * sigmas[i]);
      v = k * k * v + (sigmas[i + 1] == 0 ? 0 : gone);
    }
    return v;
  }

  private double reverseVp() {
    double v = 1 - abar(sigmas[0]);
    for (int i = 0; i < steps(); i++) {
      double a = abar(sigmas[i]);
      double beta = 1 - a / abar(sigmas[i + 1]);
      double k = 2 - Math.sqrt(1 - beta) - beta / (a * variance + 1 - a);
      v = k * k * v + (sigmas[i + 1] == 0 ? 0 : beta);
    }
    return v / abar(sigmas[steps()]);
  }

  /** {@code dx = (-u + w score) dt + sqrt(2 w) dw} of {@code x_t = (1 - t) x0 + t eps}. */
  private double flowSde(FlowSde sampler) {
    double t = sigmas[0] / (1 + sigmas[0]);
    double v = t * t;
    for (int i = 0; i < steps(); i++) {
      double next = sigmas[i + 1] / (1 + sigmas[i + 1]);
      double s = sampler.strength();
      double w =
          switch (sampler.form()) {
            case CONSTANT -> s;
            case SBDM -> s * t / (1 - t);
            case SIGMA -> s * t;
            case DECREASING -> Math.pow(1 - s * Math.cos(Math.PI * t), 2) / 4;
            case INCREASING_DECREASING -> s * Math.pow(Math.sin(Math.PI * t), 2);
          };
      double marginal = t * t + (1 - t) * (1 - t) * variance;
      double k = 1 - (t - next) * (velocity(t) + w / marginal);
      v = k * k * v + (next == 0 ? 0 : 2 * w * (t - next));
      t = next;
    }
    return v / ((1 - t) * (1 - t));
  }

  private double langevin(AnnealedLangevin sampler) {
    int levels = sigmas[steps()] == 0 ? steps() : steps() + 1;
    double last = sigmas[levels - 1];
    double v = sigmas[0] * sigmas[0];
    for (int i = 0; i < levels; i++) {
      double alpha = sampler.rate() * Math.pow(sigmas[i] / last, 2);
      double k = 1 - alpha / (variance + sigmas[i] * sigmas[i]);
      for (int t = 0; t < sampler.steps(); t++) {
        v = k * k * v + 2 * alpha;
      }
    }
    return sampler.denoise() ? v * gain(last) * gain(last) : v;
  }
}
