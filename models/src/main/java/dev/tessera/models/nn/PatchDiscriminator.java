package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * PatchGAN's discriminator (Isola et al. 2017): a logit for each patch of {@code [N, C, H, W]}.
 * Group norm stands for batch norm, so that a shard's logits depend on no other shard.
 */
public final class PatchDiscriminator {

  private static final double DEVIATION = 0.02;
  private static final double SLOPE = 0.2;

  private final List<Conv2d> convolutions = new ArrayList<>();
  private final List<GroupNorm> norms = new ArrayList<>();
  private final Conv2d output;

  /**
   * @param width features of the first layer, doubled by each
   * @param layers layers that halve the size
   */
  public PatchDiscriminator(Scope scope, int channels, int width, int layers) {
    int in = channels;
    for (int i = 0; i < layers; i++) {
      int out = width << Math.min(i, 3);
      convolutions.add(Conv2d.normal(scope.child("conv").child(i), in, out, 4, 2, 1, DEVIATION));
      if (i > 0) {
        norms.add(new GroupNorm(scope.child("norm").child(i), out));
      }
      in = out;
    }
    output = Conv2d.normal(scope.child("output"), in, 1, 3, 1, 1, DEVIATION);
  }

  /** Logits {@code [N, 1, h, w]} in the master type. */
  public Tensor apply(Tensor x) {
    Tensor h = x;
    for (int i = 0; i < convolutions.size(); i++) {
      h = convolutions.get(i).apply(h);
      if (i > 0) {
        h = norms.get(i - 1).apply(h);
      }
      h = h.leakyRelu(SLOPE);
    }
    return output.apply(h).master();
  }
}
