package dev.tessera.models.optimizer;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): matrices, and kernels of
 * convolutions as matrices {@code [out, rest]}, take a step along their momentum with all singular
 * values made nearly 1, by iterations of Newton and Schulz. Maps that one matrix stacks, such as
 * queries, keys and values, are a matrix each. Everything else, embeddings included, and rows of
 * norm 1 (EDM2) too, takes one of AdamW. A matrix's step is scaled by {@code 0.2 sqrt(max(rows,
 * columns))} (Liu et al. 2025, arXiv 2502.16982), which gives it the size of AdamW's, so that one
 * rate serves both.
 *
 * @param momentum decay of a matrix's momentum, a step
 * @param nesterov whether a matrix's step looks ahead
 * @param iterations of Newton and Schulz
 * @param beta1 of AdamW
 * @param beta2 of AdamW
 * @param eps of AdamW
 */
public record Muon(
    double momentum, boolean nesterov, int iterations, double beta1, double beta2, double eps)
    implements Rule {

  /** Of the odd polynomial of degree 5 that drives singular values to about 1 (Jordan et al.). */
  private static final double A = 3.4445;

  private static final double B = -4.7750;
  private static final double C = 2.0315;

  /** The root mean square of an update of AdamW, as observed (Liu et al.). */
  private static final double ADAM_SIZE = 0.2;

  private static final double TINY = 1e-7;

  public Muon {
    Rule.requireDecay("momentum", momentum);
    if (iterations < 1) {
      throw new IllegalArgumentException("iterations: " + iterations + " (expected: 1 or more)");
    }
    new AdamW(beta1, beta2, eps);
  }

  public static Muon defaults() {
    return new Muon(0.95, true, 5, 0.9, 0.95, 1e-8);
  }

  /** The second is AdamW's alone, but the flat vector has one for all. */
  @Override
  public List<String> moments() {
    return List.of("exp_avg", "exp_avg_sq");
  }

  @Override
  public boolean elementwise() {
    return false;
  }

  @Override
  public List<Tensor> step(Stretch s) {
    if (s.matrices().isEmpty()) {
      // On GPUs too: the averages of all stretches are moved together, after every one's step.
      return new AdamW(beta1, beta2, eps).step(s);
    }
    Tensor g = s.gradient(0);
    Tensor buffer = s.moments().get(0);
    Tensor velocity = buffer.mul(momentum).add(g.mul(1 - momentum));
    Tensor along = nesterov ? g.mul(1 - momentum).add(velocity.mul(momentum)) : velocity;
    List<Tensor> results = new ArrayList<>();
    for (Stretch.Matrix matrix : s.matrices()) {
      Tensor one = Stretch.part(along, matrix).reshape(matrix.rows(), matrix.columns());
      double size = ADAM_SIZE * Math.sqrt((double) Math.max(matrix.rows(), matrix.columns()));
      Tensor direction = orthogonal(one, iterations).mul(size).reshape(Shape.of(matrix.size()));
      results.add(s.descend(matrix, direction));
    }
    results.add(s.set(buffer, velocity));
    return results;
  }

  /** {@code U f(S) V'} of {@code x = U S V'}, where f takes nearly every number to about 1. */
  static Tensor orthogonal(Tensor x, int iterations) {
    boolean tall = x.dim(0) > x.dim(1);
    Tensor wide = tall ? x.transpose(0, 1) : x;
    Tensor y = wide.div(wide.norm(0, 1).add(TINY));
    for (int i = 0; i < iterations; i++) {
      Tensor square = y.matmul(y.transpose(0, 1));
      Tensor factor = square.mul(B).add(square.matmul(square).mul(C));
      y = y.mul(A).add(factor.matmul(y));
    }
    return tall ? y.transpose(0, 1).contiguous() : y;
  }
}
