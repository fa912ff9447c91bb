package dev.tessera.models.diffusion;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.ArrayList;
import java.util.List;

/**
 * Pictures changed at random, and what was done to each. The changes are EDM's and in its order;
 * pictures are sampled once, bicubically, and mirrored at their borders, where EDM goes through a
 * wavelet filter of twice the resolution.
 *
 * @param pictures {@code [N, C, H, W]}
 * @param labels {@code [N, 9]}: mirrored, upside down, log2 of scale over its deviation, cosine of
 *     the angle less 1, sine, stretch times cosine and sine of twice its direction, shift over its
 *     deviation along x and y. Twice: a stretch is the same along the opposite direction and the
 *     inverse across; EDM's labels, of the direction itself, call two different ones alike
 */
record Augmented(Tensor pictures, Tensor labels) {

  /**
   * @param clean {@code [N, C, H, W]}, square pixels
   * @param mirror whether half of all pictures are mirrored, whatever the probability
   */
  static Augmented of(Tensor clean, Augmentation recipe, boolean mirror) {
    Draws draws = new Draws(clean.trace(), clean.dim(0), recipe.probability());
    Tensor across = mirror ? draws.coin() : draws.zeros();
    Tensor down = recipe.upsideDown() ? draws.perhaps(draws.coin()) : draws.zeros();
    Tensor scale = draws.perhaps(draws.normal());
    Tensor angle = draws.perhaps(draws.symmetric().mul(Math.PI * recipe.rotation()));
    Tensor stretch = draws.perhaps(draws.normal());
    Tensor direction = draws.symmetric().mul(Math.PI);
    Tensor chance = draws.chance();
    Tensor right = draws.where(chance, draws.normal());
    Tensor below = draws.where(chance, draws.normal());

    // What leads from a place in the new picture to its place in the old one, in half sides.
    Affine back = Affine.identity(clean.trace(), clean.dim(0));
    back = back.then(across.mul(-2).add(1), null, null, down.mul(-2).add(1));
    Tensor smaller = scale.mul(-recipe.scale() * Math.log(2)).exp();
    back = back.then(smaller, null, null, smaller);
    back = back.rotated(angle);
    Tensor thinner = stretch.mul(-recipe.stretch() * Math.log(2)).exp();
    back = back.rotated(direction.neg());
    back = back.then(thinner, null, null, thinner.reciprocal());
    back = back.rotated(direction);
    back = back.shifted(right.mul(2 * recipe.translation()), below.mul(2 * recipe.translation()));
    Tensor labels =
        Tensor.cat(
            1,
            columns(
                across,
                down,
                scale,
                angle.cos().add(-1),
                angle.sin(),
                stretch.mul(direction.mul(2).cos()),
                stretch.mul(direction.mul(2).sin()),
                right,
                below));
    return new Augmented(clean.sampled(back.grid(clean.dim(2), clean.dim(3))), labels);
  }

  private static List<Tensor> columns(Tensor... each) {
    List<Tensor> columns = new ArrayList<>();
    for (Tensor one : each) {
      columns.add(one.reshape(Shape.of(one.dim(0), 1)));
    }
    return columns;
  }

  /** Random numbers, one a picture: {@code [N]}. */
  private record Draws(Trace trace, long n, double probability) {

    Tensor zeros() {
      return trace.full(DType.FLOAT32, Shape.of(n), 0);
    }

    Tensor normal() {
      return trace.normal(Shape.of(n)).cast(DType.FLOAT32);
    }

    private Tensor uniform() {
      return trace.uniform(Shape.of(n)).cast(DType.FLOAT32);
    }

    /** From -1 to 1. */
    Tensor symmetric() {
      return uniform().mul(2).add(-1);
    }

    /** 0 or 1. */
    Tensor coin() {
      return below(uniform(), 0.5).where(number(1), number(0));
    }

    Tensor chance() {
      return below(uniform(), probability);
    }

    /** The value with the recipe's probability, otherwise 0. */
    Tensor perhaps(Tensor value) {
      return where(chance(), value);
    }

    Tensor where(Tensor chance, Tensor value) {
      return chance.where(value, zeros());
    }

    private Tensor below(Tensor drawn, double bound) {
      return drawn.less(number(bound));
    }

    private Tensor number(double value) {
      return trace.full(DType.FLOAT32, Shape.of(n), value);
    }
  }

  /**
   * {@code (x, y) -> (xx x + xy y + x0, yx x + yy y + y0)} of each picture; every coefficient
   * {@code [N]}.
   */
  private record Affine(Tensor xx, Tensor xy, Tensor x0, Tensor yx, Tensor yy, Tensor y0) {

    static Affine identity(Trace trace, long n) {
      Tensor zero = trace.full(DType.FLOAT32, Shape.of(n), 0);
      Tensor one = trace.full(DType.FLOAT32, Shape.of(n), 1);
      return new Affine(one, zero, zero, zero, one, zero);
    }

    /** This after the matrix {@code [[a, b], [c, d]]}; null for 0. */
    Affine then(Tensor a, Tensor b, Tensor c, Tensor d) {
      return new Affine(
          sum(xx.mul(a), xy, c),
          sum(xy.mul(d), xx, b),
          x0,
          sum(yx.mul(a), yy, c),
          sum(yy.mul(d), yx, b),
          y0);
    }

    private static Tensor sum(Tensor first, Tensor factor, Tensor other) {
      return other == null ? first : first.add(factor.mul(other));
    }

    Affine rotated(Tensor angle) {
      Tensor cos = angle.cos();
      Tensor sin = angle.sin();
      return then(cos, sin.neg(), sin, cos);
    }

    /** This after a shift back by so much. */
    Affine shifted(Tensor right, Tensor below) {
      return new Affine(
          xx,
          xy,
          x0.sub(xx.mul(right)).sub(xy.mul(below)),
          yx,
          yy,
          y0.sub(yx.mul(right)).sub(yy.mul(below)));
    }

    /** Places in the old picture: {@code [N, H, W, 2]}, x and y from -1 to 1. */
    Tensor grid(long height, long width) {
      Trace trace = xx.trace();
      Tensor x = centres(trace, width).reshape(Shape.of(1, 1, width));
      Tensor y = centres(trace, height).reshape(Shape.of(1, height, 1));
      Shape shape = Shape.of(xx.dim(0), height, width, 1);
      Tensor left = of(xx).mul(x).add(of(xy).mul(y)).add(of(x0)).reshape(shape);
      Tensor top = of(yx).mul(x).add(of(yy).mul(y)).add(of(y0)).reshape(shape);
      return Tensor.cat(3, List.of(left, top));
    }

    private static Tensor of(Tensor coefficient) {
      return coefficient.reshape(Shape.of(coefficient.dim(0), 1, 1));
    }

    private static Tensor centres(Trace trace, long n) {
      return trace.range(n, DType.FLOAT32).mul(2.0 / n).add(1.0 / n - 1);
    }
  }
}
