package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;

/** Group normalisation with at most 32 groups of at least 4 channels. */
public final class GroupNorm {

  private static final double EPS = 1e-5;

  private final String path;
  private final int groups;
  private final Parameter weight;
  private final Parameter bias;

  public GroupNorm(Scope scope, int channels) {
    this.path = scope.path();
    this.groups = groups(channels);
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
    return x.trace()
        .at(path, () -> x.groupNorm(groups, x.trace().weight(weight), x.trace().weight(bias), EPS));
  }
}
