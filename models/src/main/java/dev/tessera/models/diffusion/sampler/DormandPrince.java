package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;

/**
 * Dormand and Prince's method of order 5 with an error estimate of order 4 (1980), steps chosen so
 * that the root mean square of {@code error / (atol + rtol |y|)} over all elements is at most 1.
 * The control is that of Hairer, Norsett and Wanner (1993, II.4).
 */
public final class DormandPrince implements AutoCloseable {

  private static final double[] NODES = {0, 1 / 5., 3 / 10., 4 / 5., 8 / 9., 1, 1};
  private static final double[][] STAGES = {
    {},
    {1 / 5.},
    {3 / 40., 9 / 40.},
    {44 / 45., -56 / 15., 32 / 9.},
    {19372 / 6561., -25360 / 2187., 64448 / 6561., -212 / 729.},
    {9017 / 3168., -355 / 33., 46732 / 5247., 49 / 176., -5103 / 18656.},
    {35 / 384., 0, 500 / 1113., 125 / 192., -2187 / 6784., 11 / 84.}
  };
  private static final double[] ERROR = {
    71 / 57600., 0, -71 / 16695., 71 / 1920., -17253 / 339200., 22 / 525., -1 / 40.
  };

  private static final double SAFETY = 0.9;
  private static final double LEAST = 0.2;
  private static final double MOST = 10;
  private static final int MOST_STEPS = 100_000;

  private final List<Chain> chains = new ArrayList<>();
  private final List<Shape> shapes;
  private final double rtol;
  private final double atol;
  private int evaluations;

  /** The derivative of a state. */
  @FunctionalInterface
  public interface Field {
    /**
     * @return one tensor for each of the state's, owned by the caller
     */
    List<NativeTensor> at(double time, List<NativeTensor> state);
  }

  /** For states of float64 tensors of {@code shapes}. */
  public DormandPrince(TorchRuntime runtime, List<Shape> shapes, double rtol, double atol) {
    this.shapes = List.copyOf(shapes);
    this.rtol = rtol;
    this.atol = atol;
    shapes.forEach(shape -> chains.add(new Chain(runtime, shape)));
  }

  /** Calls of the field so far. */
  public int evaluations() {
    return evaluations;
  }

  /**
   * Integrates.
   *
   * @param start the state at {@code from}; not changed
   * @return the state at {@code to}, owned by the caller
   * @throws IllegalStateException if steps become too small or too many
   */
  public List<NativeTensor> solve(Field field, double from, double to, List<NativeTensor> start) {
    List<NativeTensor> y = combine(new double[] {1}, List.of(start));
    List<NativeTensor> slope = slope(field, from, y);
    double time = from;
    double h = firstStep(field, from, to, y, slope);
    boolean refused = false;
    for (int step = 0; time != to; step++) {
      if (step == MOST_STEPS || Math.abs(h) < 1e-14 * Math.abs(to - from)) {
        close(y);
        close(slope);
        throw new IllegalStateException(
            "The equation is too stiff for rtol " + rtol + " at time " + time);
      }
      boolean last = Math.abs(h) >= Math.abs(to - time) * (1 - 1e-12);
      h = last ? to - time : h;
      List<List<NativeTensor>> slopes = stages(field, time, h, y, slope);
      List<NativeTensor> next = combined(y, slopes.subList(0, 6), STAGES[6], h);
      double error = error(y, next, slopes, h);
      if (error <= 1) {
        time = last ? to : time + h;
        close(y);
        y = next;
        slopes.subList(0, 6).forEach(DormandPrince::close);
        slope = slopes.get(6);
        double growth = error == 0 ? MOST : Math.min(MOST, SAFETY * Math.pow(error, -0.2));
        h *= refused ? Math.min(1, growth) : growth;
        refused = false;
      } else {
        close(next);
        slopes.subList(1, 7).forEach(DormandPrince::close);
        h *= Math.max(LEAST, SAFETY * Math.pow(error, -0.2));
        refused = true;
      }
    }
    close(slope);
    return y;
  }

  private static void close(List<NativeTensor> tensors) {
    tensors.forEach(NativeTensor::close);
  }

  private List<NativeTensor> slope(Field field, double time, List<NativeTensor> y) {
    evaluations++;
    return field.at(time, y);
  }

  /** All seven slopes; the first is given, the last is that of the step's end. */
  private List<List<NativeTensor>> stages(
      Field field, double time, double h, List<NativeTensor> y, List<NativeTensor> first) {
    List<List<NativeTensor>> slopes = new ArrayList<>(List.of(first));
    for (int s = 1; s < 7; s++) {
      List<NativeTensor> at = combined(y, slopes, STAGES[s], h);
      slopes.add(slope(field, time + NODES[s] * h, at));
      close(at);
    }
    return slopes;
  }

  /** {@code y + h sum_k weights_k slopes_k}. */
  private List<NativeTensor> combined(
      List<NativeTensor> y, List<List<NativeTensor>> slopes, double[] weights, double h) {
    double[] factors = new double[weights.length + 1];
    factors[0] = 1;
    List<List<NativeTensor>> terms = new ArrayList<>(List.of(y));
    for (int k = 0; k < weights.length; k++) {
      factors[k + 1] = h * weights[k];
      terms.add(slopes.get(k));
    }
    return combine(factors, terms);
  }

  /** The weighted sum of states. */
  private List<NativeTensor> combine(double[] factors, List<? extends List<NativeTensor>> terms) {
    List<NativeTensor> sums = new ArrayList<>();
    for (int c = 0; c < chains.size(); c++) {
      int part = c;
      sums.add(
          chains
              .get(c)
              .combine(factors, terms.stream().map(t -> t.get(part)).toArray(NativeTensor[]::new)));
    }
    return sums;
  }

  private double error(
      List<NativeTensor> y, List<NativeTensor> next, List<List<NativeTensor>> slopes, double h) {
    double[] factors = java.util.Arrays.stream(ERROR).map(e -> e * h).toArray();
    List<NativeTensor> error = combine(factors, slopes);
    double size = size(error, y, next);
    close(error);
    return size;
  }

  private double size(List<NativeTensor> error, List<NativeTensor> y, List<NativeTensor> z) {
    double squares = 0;
    double elements = 0;
    for (int c = 0; c < chains.size(); c++) {
      double part = chains.get(c).scaledError(error.get(c), y.get(c), z.get(c), atol, rtol);
      squares += part * part * shapes.get(c).size();
      elements += shapes.get(c).size();
    }
    return Math.sqrt(squares / elements);
  }

  private double firstStep(
      Field field, double from, double to, List<NativeTensor> y, List<NativeTensor> slope) {
    double most = Math.abs(to - from);
    double direction = Math.signum(to - from);
    double value = size(y, y, y);
    double speed = size(slope, y, y);
    double guess = value < 1e-5 || speed < 1e-5 ? 1e-6 : 0.01 * value / speed;
    guess = Math.min(guess, most);
    List<NativeTensor> ahead = combine(new double[] {1, direction * guess}, List.of(y, slope));
    List<NativeTensor> then = slope(field, from + direction * guess, ahead);
    List<NativeTensor> change = combine(new double[] {1, -1}, List.of(then, slope));
    double bend = size(change, y, y) / guess;
    close(ahead);
    close(then);
    close(change);
    double greatest = Math.max(speed, bend);
    if (greatest <= 1e-12) {
      // Nothing moves: one step will do.
      return to - from;
    }
    double second = Math.pow(0.01 / greatest, 0.2);
    return direction * Math.min(most, Math.min(100 * guess, second));
  }

  @Override
  public void close() {
    chains.forEach(Chain::close);
  }
}
