package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * UniPC (Zhao et al. 2023) for denoised data: a multistep predictor, and a corrector that costs no
 * call, since it uses the denoised prediction that the next step needs anyway. The step to 0 is of
 * first order.
 *
 * @param order 1 to 3; of the first steps and, to steady few steps, the last ones it is less
 * @param simple whether B(h) is h (bh1) and not {@code exp(h) - 1} (bh2)
 */
public record UniPc(int order, boolean simple) implements Sampler {

  public UniPc {
    if (order < 1 || order > 3) {
      throw new IllegalArgumentException("order: " + order + " (expected: 1, 2 or 3)");
    }
  }

  public static UniPc defaults() {
    return new UniPc(2, false);
  }

  @Override
  public NativeTensor run(Chain chain, double[] sigmas, NativeTensor start) {
    NativeTensor x = start;
    Deque<NativeTensor> known = new ArrayDeque<>();
    try {
      known.addFirst(chain.denoise(x, sigmas[0]));
      for (int i = 0; i < sigmas.length - 1; i++) {
        double next = sigmas[i + 1];
        if (next == 0) {
          return chain.step(x, known.getFirst(), Step.towards(0, sigmas[i], 0));
        }
        Bend bend = bend(sigmas, i, Math.min(order, known.size()));
        NativeTensor predicted = bend.move(chain, x, known, null);
        if (i == sigmas.length - 2) {
          x.close();
          return predicted;
        }
        NativeTensor clean;
        try (predicted) {
          clean = chain.denoise(predicted, next);
        }
        try (NativeTensor old = x) {
          x = bend.move(chain, old, known, clean);
        }
        known.addFirst(clean);
        if (known.size() > order) {
          known.removeLast().close();
        }
      }
      return x;
    } finally {
      known.forEach(NativeTensor::close);
    }
  }

  /** A step's coefficients. */
  private Bend bend(double[] sigmas, int i, int p) {
    double h = Math.log(sigmas[i] / sigmas[i + 1]);
    double[] ratios = new double[p];
    for (int k = 1; k < p; k++) {
      ratios[k - 1] = Math.log(sigmas[i] / sigmas[i - k]) / h;
    }
    ratios[p - 1] = 1;
    double gain = Math.expm1(-h);
    double b = simple ? -h : gain;
    double[] right = new double[p];
    double phi = gain / -h - 1;
    double factorial = 1;
    for (int k = 0; k < p; k++) {
      right[k] = phi * factorial / b;
      factorial *= k + 2;
      phi = phi / -h - 1 / factorial;
    }
    double[] corrector = p == 1 ? new double[] {0.5} : solve(ratios, right, p);
    double[] predictor = p == 2 ? new double[] {0.5} : solve(ratios, right, p - 1);
    return new Bend(sigmas[i + 1] / sigmas[i], gain, b, ratios, predictor, corrector);
  }

  /** Solves {@code sum_k ratio_k^j rho_k = right_j}, j from 0, by elimination. */
  private static double[] solve(double[] ratios, double[] right, int n) {
    double[][] rows = new double[n][n + 1];
    for (int j = 0; j < n; j++) {
      for (int k = 0; k < n; k++) {
        rows[j][k] = Math.pow(ratios[k], j);
      }
      rows[j][n] = right[j];
    }
    for (int c = 0; c < n; c++) {
      for (int j = 0; j < n; j++) {
        double factor = j == c ? 0 : rows[j][c] / rows[c][c];
        for (int k = c; k <= n && factor != 0; k++) {
          rows[j][k] -= factor * rows[c][k];
        }
      }
    }
    double[] solution = new double[n];
    for (int j = 0; j < n; j++) {
      solution[j] = rows[j][n] / rows[j][j];
    }
    return solution;
  }

  private record Bend(
      double keep, double gain, double b, double[] ratios, double[] predictor, double[] corrector) {

    /** Predicts, or corrects where the denoised prediction is given. */
    NativeTensor move(
        Chain chain, NativeTensor x, Deque<NativeTensor> known, NativeTensor predicted) {
      double[] weights = predicted == null ? predictor : corrector;
      List<NativeTensor> values = new ArrayList<>(List.of(x));
      List<Double> factors = new ArrayList<>(List.of(keep));
      double newest = -gain;
      List<NativeTensor> past = new ArrayList<>(known);
      for (int k = 0; k < ratios.length - 1; k++) {
        double factor = b * weights[k] / ratios[k];
        newest += factor;
        values.add(past.get(k + 1));
        factors.add(-factor);
      }
      if (predicted != null) {
        double factor = b * weights[ratios.length - 1];
        newest += factor;
        values.add(predicted);
        factors.add(-factor);
      }
      values.add(past.get(0));
      factors.add(newest);
      return chain.combine(
          factors.stream().mapToDouble(Double::doubleValue).toArray(),
          values.toArray(NativeTensor[]::new));
    }
  }

  @Override
  public int evaluations(double[] sigmas) {
    return sigmas.length - 1;
  }

  @Override
  public boolean stochastic() {
    return false;
  }
}
