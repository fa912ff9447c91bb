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

  private PatchDiscriminator(Scope scope, int channels, int width, int layers, int tail) {
    int in = channels;
    for (int i = 0; i < layers + tail; i++) {
      int out = width << Math.min(i, 3);
      int stride = i < layers ? 2 : 1;
      convolutions.add(
          Conv2d.normal(scope.child("conv").child(i), in, out, 4, stride, 1, DEVIATION));
      if (i > 0) {
        norms.add(new GroupNorm(scope.child("norm").child(i), out));
      }
      in = out;
    }
    output = Conv2d.normal(scope.child("output"), in, 1, tail == 0 ? 3 : 4, 1, 1, DEVIATION);
  }

  /**
   * Layers that halve the size, then the logits.
   *
   * @param width features of the first layer, doubled by each
   */
  public static PatchDiscriminator compact(Scope scope, int channels, int width, int layers) {
    return new PatchDiscriminator(scope, channels, width, layers, 0);
  }

  /**
   * As published: one more layer, which keeps the size, before the logits. At 3 layers a logit sees
   * 70 x 70 pixels.
   *
   * @param width features of the first layer, doubled by each
   * @param layers layers that halve the size
   */
  public static PatchDiscriminator published(Scope scope, int channels, int width, int layers) {
    return new PatchDiscriminator(scope, channels, width, layers, 1);
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
