package dev.tessera.models.diffusion.law;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * A finite data set: every training set, as the minimiser of denoising sees it. The denoised x is
 * the mean of the points, weighted by {@code softmax(-|x - x_i|^2 / (2 sigma^2))}.
 *
 * @param points all of one length, that of a sample's elements
 */
public record Points(List<List<Double>> points) implements Law {

  public Points {
    points = points.stream().map(List::copyOf).toList();
    if (points.isEmpty() || ragged(points)) {
      throw new IllegalArgumentException(
          "points: " + points + " (expected: one or more, of one length)");
    }
  }

  private static int length(List<List<Double>> points) {
    return points.get(0).size();
  }

  private static boolean ragged(List<List<Double>> points) {
    return points.stream().anyMatch(p -> p.size() != length(points));
  }

  @Override
  public Tensor denoised(Tensor x, Tensor sigma) {
    long n = x.dim(0);
    long d = length(points);
    if (x.shape().size() != n * d) {
      throw new IllegalArgumentException(
          "points: of length " + d + " (expected: " + x.shape().size() / n + ")");
    }
    Trace trace = x.trace();
    Tensor rows = x.reshape(n, d);
    List<Tensor> logs = new ArrayList<>();
    for (List<Double> point : points) {
      logs.add(rows.sub(row(trace, point)).square().sum(1));
    }
    Tensor scale = sigma.square().mul(-2).reciprocal();
    Tensor shares = Tensor.cat(1, logs).mul(scale).softmax(1);
    Tensor mean = trace.full(DType.FLOAT64, Shape.of(n, d), 0);
    for (int i = 0; i < points.size(); i++) {
      mean = mean.add(shares.narrow(1, i, 1).mul(row(trace, points.get(i))));
    }
    return mean.reshape(x.shape());
  }

  private static Tensor row(Trace trace, List<Double> point) {
    return Tensor.cat(
        0, point.stream().map(v -> trace.full(DType.FLOAT64, Shape.of(1), v)).toList());
  }

  @Override
  public double mean() {
    return points.stream().flatMap(List::stream).mapToDouble(v -> v).average().orElseThrow();
  }

  @Override
  public double deviation() {
    double mean = mean();
    return Math.sqrt(
        points.stream()
            .flatMap(List::stream)
            .mapToDouble(v -> (v - mean) * (v - mean))
            .average()
            .orElseThrow());
  }
}
