package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.nn.Conv2d;
import dev.tessera.models.nn.GroupNorm;
import dev.tessera.models.nn.ResBlock;
import dev.tessera.models.nn.SpatialAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** {@code [N, 3, H, W]} in [-1, 1] to latents {@code [N, width, H/f, W/f]}. */
final class Encoder {

  private final int patch;
  private final List<UnaryOperator<Tensor>> layers = new ArrayList<>();

  /**
   * @param width features of a code
   * @param height of pictures, which says at which levels pixels attend
   */
  Encoder(Scope scope, VqganRecipe.Network network, int width, int height) {
    patch = network.patch();
    boolean compact = network.form() == VqganRecipe.Form.COMPACT;
    layers.add(Conv2d.same(scope.child("input"), 3L * patch * patch, network.channels(), 3)::apply);
    int current = declareLevels(scope.child("down"), network, height / patch);
    if (compact) {
      declareAttention(scope, network, current);
      layers.add(ResBlock.of(scope.child("last"), current, current)::apply);
    } else {
      Middle.declare(scope.child("middle"), network, current, layers);
    }
    layers.add(new GroupNorm(scope.child("norm"), current, network.eps())::silu);
    if (compact) {
      layers.add(Conv2d.same(scope.child("output"), current, width, 1)::apply);
    } else {
      layers.add(Conv2d.same(scope.child("output"), current, network.latent(), 3)::apply);
      layers.add(Conv2d.same(scope.child("quantize"), network.latent(), width, 1)::apply);
    }
  }

  private void declareAttention(Scope scope, VqganRecipe.Network network, int features) {
    if (network.attention()) {
      layers.add(SpatialAttention.of(scope.child("attention"), features, 1)::apply);
    }
  }

  /** Returns the features of the coarsest level. */
  private int declareLevels(Scope scope, VqganRecipe.Network network, int side) {
    int current = network.channels();
    for (int level = 0; level < network.levels(); level++) {
      Scope at = scope.child(level);
      if (level > 0) {
        layers.add(halving(at.child("halve"), network, current)::apply);
      }
      boolean attends = network.attentionResolutions().contains(side >> level);
      for (int i = 0; i < network.blocks(); i++) {
        Scope block = at.child(i);
        layers.add(ResBlock.of(block, current, network.features(level), network.eps())::apply);
        current = network.features(level);
        if (attends) {
          Scope attention = block.child("attention");
          layers.add(SpatialAttention.of(attention, current, 1, network.eps())::apply);
        }
      }
    }
    return current;
  }

  private static Conv2d halving(Scope scope, VqganRecipe.Network network, int features) {
    return network.form() == VqganRecipe.Form.COMPACT
        ? Conv2d.halving(scope, features, features)
        : Conv2d.halvingOneSided(scope, features, features);
  }

  Tensor apply(Tensor images) {
    Tensor h = Patches.fold(images, patch);
    for (UnaryOperator<Tensor> layer : layers) {
      h = layer.apply(h);
    }
    return h.master();
  }
}
