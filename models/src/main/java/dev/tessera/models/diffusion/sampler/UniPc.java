package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.runtime.NativeTensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * UniPC (Zhao et al. 2023) for denoised data: a multistep predictor, and a corrector that costs no
 * call, since it uses the denoised prediction that the next step needs anyway. The step to 0 is of
 * first order.
 *
 * @param order 1 to 3; of the first steps and, to steady few steps, the last ones it is less: at
 *     most the number of steps left
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
        Bend bend = bend(sigmas, i, order(i, known.size(), sigmas.length - 1));
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

  /** What is known and what is left to go bound a step's order. */
  private int order(int step, int known, int steps) {
    return Math.min(order, Math.min(known, steps - step));
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

    /**
     * The coefficients of x, of the denoised predictions, the newest first, and, of the corrector,
     * of the prediction at the step's end.
     */
    double[] factors(boolean corrects) {
      double[] weights = corrects ? corrector : predictor;
      int p = ratios.length;
      double[] factors = new double[corrects ? p + 2 : p + 1];
      factors[0] = keep;
      factors[1] = -gain;
      for (int k = 0; k < p - 1; k++) {
        factors[k + 2] = -b * weights[k] / ratios[k];
        factors[1] -= factors[k + 2];
      }
      if (corrects) {
        factors[p + 1] = -b * weights[p - 1];
        factors[1] -= factors[p + 1];
      }
      return factors;
    }

    /** Predicts, or corrects where the denoised prediction is given. */
    NativeTensor move(
        Chain chain, NativeTensor x, Deque<NativeTensor> known, NativeTensor predicted) {
      List<NativeTensor> values = new ArrayList<>(List.of(x));
      known.stream().limit(ratios.length).forEach(values::add);
      if (predicted != null) {
        values.add(predicted);
      }
      return chain.combine(factors(predicted != null), values.toArray(NativeTensor[]::new));
    }

    /** As above, of normal data: x, then its denoised predictions. */
    double move(double x, Deque<Double> known, double... predicted) {
      double[] factors = factors(predicted.length > 0);
      double sum = factors[0] * x;
      int k = 1;
      for (double clean : known.stream().limit(ratios.length).toList()) {
        sum += factors[k++] * clean;
      }
      return predicted.length > 0 ? sum + factors[k] * predicted[0] : sum;
    }
  }

  /** Long steps are extrapolated too far, and with {@code B = h} corrected too far. */
  @Override
  public void check(double[] sigmas, double sigmaData) {
    NormalLaw law = new NormalLaw(sigmaData);
    double x = sigmas[0];
    int steps = sigmas.length - 1;
    Deque<Double> known = new ArrayDeque<>(List.of(law.gain(x) * x));
    for (int i = 0; i < steps; i++) {
      double next = sigmas[i + 1];
      if (next == 0) {
        x = known.getFirst();
        break;
      }
      Bend bend = bend(sigmas, i, order(i, known.size(), steps));
      double predicted = bend.move(x, known);
      double clean = law.gain(next) * predicted;
      x = i == steps - 1 ? predicted : bend.move(x, known, clean);
      known.addFirst(clean);
    }
    double ratio = Math.abs(x) / law.deviation(sigmas[steps]);
    if (!NormalLaw.holds(ratio)) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "steps: %d (expected: more or closer levels, simple=false or a lower order; a normal"
                  + " law would come out %.2g times as wide as it is)",
              steps,
              ratio));
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
