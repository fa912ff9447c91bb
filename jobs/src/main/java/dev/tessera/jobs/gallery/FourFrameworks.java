package dev.tessera.jobs.gallery;

import java.util.ArrayList;
import java.util.List;

/**
 * One trajectory by the first-order step of four frameworks, each in its own variable and as its
 * paper writes it, on the ideal denoiser of three bells; told in EDM's coordinates. They are one
 * update.
 *
 * @param sigmas the levels
 * @param trajectories of the frameworks
 */
public record FourFrameworks(List<Double> sigmas, List<Trajectory> trajectories) {

  /** Where x0 + sigma eps stands at each level. */
  public record Trajectory(String name, List<Double> positions) {}

  public static FourFrameworks follow(double[] sigmas, double z) {
    List<Double> levels = new ArrayList<>();
    for (double sigma : sigmas) {
      levels.add(sigma);
    }
    return new FourFrameworks(
        levels,
        List.of(
            new Trajectory("flow matching's Euler step", flow(sigmas, z)),
            new Trajectory("DDIM", ddim(sigmas, z)),
            new Trajectory("EDM's Euler step", edm(sigmas, z)),
            new Trajectory("DPM-Solver++ of order 1", dpm(sigmas, z))));
  }

  /** The greatest difference between two of them at any level, relative to the size there. */
  public double farthest() {
    double farthest = 0;
    for (Trajectory other : trajectories) {
      farthest = Math.max(farthest, farthest(other));
    }
    return farthest;
  }

  /** As above, of one from the first. */
  public double farthest(Trajectory other) {
    double farthest = 0;
    for (int i = 0; i < sigmas.size(); i++) {
      double first = trajectories.get(0).positions().get(i);
      double size = Math.max(1, Math.abs(first));
      farthest = Math.max(farthest, Math.abs(other.positions().get(i) - first) / size);
    }
    return farthest;
  }

  /** The mean of three bells given x, and nothing else of this project. */
  static double denoised(double x, double sigma) {
    double[] w = {.3, .5, .2};
    double[] mu = {-1, .2, 1};
    double[] sd = {.2, .3, .1};
    double sum = 0;
    double mean = 0;
    for (int k = 0; k < 3; k++) {
      double total = sd[k] * sd[k] + sigma * sigma;
      double p = w[k] / Math.sqrt(total) * Math.exp(-Math.pow(x - mu[k], 2) / (2 * total));
      sum += p;
      mean += p * (sd[k] * sd[k] * x + sigma * sigma * mu[k]) / total;
    }
    return mean / sum;
  }

  /** {@code x_t = (1 - t) x0 + t eps}, velocity {@code eps - x0}. */
  private static List<Double> flow(double[] sigmas, double z) {
    List<Double> told = new ArrayList<>();
    double t = sigmas[0] / (1 + sigmas[0]);
    double x = t * z;
    told.add(x / (1 - t));
    for (int i = 1; i < sigmas.length; i++) {
      double next = sigmas[i] / (1 + sigmas[i]);
      double x0 = denoised(x / (1 - t), t / (1 - t));
      double eps = (x - (1 - t) * x0) / t;
      x += (next - t) * (eps - x0);
      t = next;
      told.add(x / (1 - t));
    }
    return told;
  }

  /** {@code x_t = sqrt(abar) x0 + sqrt(1 - abar) eps}. */
  private static List<Double> ddim(double[] sigmas, double z) {
    List<Double> told = new ArrayList<>();
    double abar = 1 / (1 + sigmas[0] * sigmas[0]);
    double x = Math.sqrt(1 - abar) * z;
    told.add(x / Math.sqrt(abar));
    for (int i = 1; i < sigmas.length; i++) {
      double next = 1 / (1 + sigmas[i] * sigmas[i]);
      double x0 = denoised(x / Math.sqrt(abar), sigmas[i - 1]);
      double eps = (x - Math.sqrt(abar) * x0) / Math.sqrt(1 - abar);
      x = Math.sqrt(next) * x0 + Math.sqrt(1 - next) * eps;
      abar = next;
      told.add(x / Math.sqrt(abar));
    }
    return told;
  }

  /** {@code dx/dsigma = (x - D) / sigma}. */
  private static List<Double> edm(double[] sigmas, double z) {
    List<Double> told = new ArrayList<>();
    double x = sigmas[0] * z;
    told.add(x);
    for (int i = 1; i < sigmas.length; i++) {
      double slope = (x - denoised(x, sigmas[i - 1])) / sigmas[i - 1];
      x += (sigmas[i] - sigmas[i - 1]) * slope;
      told.add(x);
    }
    return told;
  }

  /** The exact solution in {@code lambda = -ln sigma} with the denoised data held fast. */
  private static List<Double> dpm(double[] sigmas, double z) {
    List<Double> told = new ArrayList<>();
    double x = sigmas[0] * z;
    told.add(x);
    for (int i = 1; i < sigmas.length; i++) {
      double h = Math.log(sigmas[i - 1] / sigmas[i]);
      x = sigmas[i] / sigmas[i - 1] * x - Math.expm1(-h) * denoised(x, sigmas[i - 1]);
      told.add(x);
    }
    return told;
  }
}
