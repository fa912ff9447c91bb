package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.runtime.NativeTensor;

/**
 * The reverse equations of the linear path, {@code dx = (-u + w score) dt + sqrt(2 w) dw} towards
 * the data (Ma et al. 2024, SiT): any w leads to the same law. The step to 0 is the mean of such a
 * step.
 *
 * @param form w as a function of time; t is 1 for noise, so it counts the other way than SiT's
 * @param strength factor of w; 0 is {@link Euler}
 */
public record FlowSde(Form form, double strength) implements Sampler, OneStep {

  /** How w depends on time. */
  public enum Form {
    /** 1. */
    CONSTANT,
    /** {@code g^2 / 2} of the path's forward equation, {@code t / (1 - t)}. */
    SBDM,
    /** t, the noise's scale. */
    SIGMA,
    /** {@code (strength cos(pi (1 - t)) + 1)^2 / 4}. */
    DECREASING,
    /** {@code sin(pi t)^2}. */
    INCREASING_DECREASING
  }

  public FlowSde {
    if (!(strength >= 0)) {
      throw new IllegalArgumentException("strength: " + strength + " (expected: 0 or more)");
    }
  }

  public static FlowSde defaults() {
    return new FlowSde(Form.SIGMA, 1);
  }

  @Override
  public void check(double[] sigmas, double sigmaData) {
    if (form == Form.SBDM && sigmas[0] >= Path.NOISE_ALONE / 2) {
      throw new IllegalArgumentException(
          "form: sbdm (expected: sigma, or a grid below noise alone such as uniform-time with last"
              + " 0.999: its noise is infinite there)");
    }
    new NormalLaw(sigmaData).check("flow-sde", this, sigmas);
  }

  double w(double time) {
    return switch (form) {
      case CONSTANT -> strength;
      case SBDM -> strength * time / (1 - time);
      case SIGMA -> strength * time;
      case DECREASING -> Math.pow(strength * Math.cos(Math.PI * (1 - time)) + 1, 2) / 4;
      case INCREASING_DECREASING -> strength * Math.pow(Math.sin(Math.PI * time), 2);
    };
  }

  @Override
  public Step step(double sigma, double next) {
    double time = sigma / (1 + sigma);
    double dt = time - next / (1 + next);
    double w = w(time);
    // u = eps - D, score = -eps / t, eps = (x - D) / sigma.
    double eps = -dt - w / time * dt;
    double a = 1 / (1 + sigma);
    return Step.scaled(
        a + eps / sigma, dt - eps / sigma, next == 0 ? 0 : Math.sqrt(2 * w * dt), 1 / (1 + next));
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor x) {
    return follow(chain, sigmas, x);
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean stochastic() {
    return strength > 0 || form == Form.DECREASING;
  }
}
