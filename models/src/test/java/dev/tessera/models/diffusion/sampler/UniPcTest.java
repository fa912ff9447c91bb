package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.law.Mixture;
import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whole runs beside UniPC written from its paper (Zhao et al. 2023): weights of earlier differences
 * make {@code integral of e^-(h - s) (s / h)^j} exact, integrals by quadrature and weights by
 * Lagrange's polynomials.
 */
final class UniPcTest {

  @RegisterExtension private static final Bench bench = new Bench();

  private static double integral(double h, DoubleUnaryOperator of) {
    int n = 2000;
    double sum = 0;
    for (int i = 0; i <= n; i++) {
      double s = h * i / n;
      double weight = i == 0 || i == n ? 1 : i % 2 == 0 ? 2 : 4;
      sum += weight * Math.exp(s - h) * of.applyAsDouble(s / h);
    }
    return sum * h / n / 3;
  }

  /** The integral of the polynomial through 0 at 0 and slopes {@code d_k} times r at points r. */
  private static double interpolated(double h, double[] r, double[] slopes) {
    double sum = 0;
    for (int k = 0; k < r.length; k++) {
      int at = k;
      DoubleUnaryOperator basis =
          s -> {
            double product = s;
            for (int j = 0; j < r.length; j++) {
              product *= j == at ? 1 : (s - r[j]) / (r[at] - r[j]);
            }
            return product;
          };
      sum += slopes[k] * integral(h, basis);
    }
    return sum;
  }

  private static double paper(double[] sigmas, double z, int order, boolean simple) {
    int steps = sigmas.length - 1;
    double[] clean = new double[steps + 1];
    double x = sigmas[0] * z;
    clean[0] = Bench.denoised(x, sigmas[0]);
    for (int i = 0; i < steps; i++) {
      if (sigmas[i + 1] == 0) {
        return clean[i];
      }
      int p = Math.min(Math.min(order, i + 1), steps - i);
      double h = Math.log(sigmas[i] / sigmas[i + 1]);
      double b = simple ? h : 1 - Math.exp(-h);
      double[] r = new double[p];
      double[] slopes = new double[p];
      for (int k = 1; k < p; k++) {
        r[k - 1] = Math.log(sigmas[i] / sigmas[i - k]) / h;
        slopes[k - 1] = (clean[i - k] - clean[i]) / r[k - 1];
      }
      double euler = sigmas[i + 1] / sigmas[i] * x + (1 - Math.exp(-h)) * clean[i];
      // Of one difference both take half of B, by convention (equation 9 and 10).
      double ahead =
          p == 1
              ? 0
              : p == 2
                  ? b * slopes[0] / 2
                  : interpolated(h, Arrays.copyOf(r, p - 1), Arrays.copyOf(slopes, p - 1));
      if (i == steps - 1) {
        return euler + ahead;
      }
      clean[i + 1] = Bench.denoised(euler + ahead, sigmas[i + 1]);
      r[p - 1] = 1;
      slopes[p - 1] = clean[i + 1] - clean[i];
      x = euler + (p == 1 ? b * slopes[0] / 2 : interpolated(h, r, slopes));
    }
    return x;
  }

  @Test
  void everyOrderAndBothScalesAreThePapers() {
    double[] noise = {-1.3, -.2, .4, 1.1};
    for (int steps : new int[] {5, 18}) {
      double[] whole = new Grid.Karras(.01, 40, 7).sigmas(steps);
      for (double[] sigmas : new double[][] {whole, Arrays.copyOf(whole, steps)}) {
        for (int order = 1; order <= 3; order++) {
          for (boolean simple : new boolean[] {true, false}) {
            double[] ends =
                bench.run(new UniPc(order, simple), sigmas, Mixture.threeBells(), noise);
            for (int i = 0; i < noise.length; i++) {
              assertThat(ends[i])
                  .as("order %s, simple %s, %s levels", order, simple, sigmas.length)
                  .isCloseTo(paper(sigmas, noise[i], order, simple), within(1e-9));
            }
          }
        }
      }
    }
  }

  /** What tests of convergence alone did not see: without the corrector the order falls by one. */
  @Test
  void theCorrectorMattersAndSoDoesTheScale() {
    double[] sigmas = new Grid.Karras(.01, 40, 7).sigmas(18);
    double[] noise = {.4};
    double two = bench.run(new UniPc(2, false), sigmas, Mixture.threeBells(), noise)[0];
    double simple = bench.run(new UniPc(2, true), sigmas, Mixture.threeBells(), noise)[0];
    double multistep = bench.run(Dpmpp2m.defaults(), sigmas, Mixture.threeBells(), noise)[0];
    assertThat(Math.abs(two - simple)).isGreaterThan(1e-4);
    assertThat(Math.abs(two - multistep)).isGreaterThan(1e-4);
  }
}
