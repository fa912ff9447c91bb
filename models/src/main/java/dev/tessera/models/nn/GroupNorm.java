package dev.tessera.models.nn;

import dev.tessera.models.fused.GroupNormSilu;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/** Group normalisation with at most 32 groups of at least 4 channels. */
public final class GroupNorm {

  /** Added to the variance where a layer does not say otherwise. */
  static final double EPS = 1e-5;

  private final String path;
  private final int groups;
  private final double eps;
  private final Parameter weight;
  private final Parameter bias;

  public GroupNorm(Scope scope, int channels) {
    this(scope, channels, EPS);
  }

  /**
   * @param eps added to the variance
   */
  public GroupNorm(Scope scope, int channels, double eps) {
    this.path = scope.path();
    this.groups = groups(channels);
    this.eps = eps;
    this.weight = scope.vector("weight", Shape.of(channels), Initializer.ones());
    this.bias = scope.vector("bias", Shape.of(channels), Initializer.zeros());
  }

  private static int groups(int channels) {
    int groups = Math.max(1, Math.min(32, channels / 4));
    while (channels % groups != 0) {
      groups--;
    }
    return groups;
  }

  /** {@code x [N, channels, H, W]}, and so the result. */
  public Tensor apply(Tensor x) {
    return apply(x, null, false, 0);
  }

  /** As {@link #apply(Tensor)}, and SiLU after it. */
  public Tensor silu(Tensor x) {
    return apply(x, null, true, 0);
  }

  /**
   * SiLU of the norm of {@code x [N, channels, H, W]} plus {@code shift [N, channels]}.
   *
   * @param dropout chance that an element becomes 0 while a gradient is traced
   */
  public Tensor silu(Tensor x, Tensor shift, double dropout) {
    return apply(x, shift, true, x.trace().training() ? dropout : 0);
  }

  /**
   * SiLU of the norm of a convolution of {@code x} plus {@code shift}. On a GPU the norm also adds
   * the convolution's bias, which saves a pass over memory.
   *
   * @param shift {@code [N, channels]}, or null
   * @param dropout as above
   */
  Tensor silu(Conv2d convolution, Tensor x, Tensor shift, double dropout) {
    if (!x.trace().fuses()) {
      return silu(convolution.apply(x), shift, dropout);
    }
    Tensor bias = convolution.shift(x.trace(), x.dim(0));
    return silu(convolution.applyUnbiased(x), shift == null ? bias : bias.add(shift), dropout);
  }

  private Tensor apply(Tensor x, Tensor shift, boolean silu, double dropout) {
    return x.trace()
        .at(
            path,
            () ->
                new GroupNormSilu(groups, eps, silu, dropout)
                    .apply(x, shift, x.trace().weight(weight), x.trace().weight(bias)));
  }
}
