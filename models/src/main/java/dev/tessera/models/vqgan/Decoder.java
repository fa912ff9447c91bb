package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.nn.Conv2d;
import dev.tessera.models.nn.GroupNorm;
import dev.tessera.models.nn.ResBlock;
import dev.tessera.models.nn.SpatialAttention;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Quantised latents {@code [N, width, H/f, W/f]} to pictures {@code [N, 3, H, W]}. */
final class Decoder {

  private final int patch;
  private final List<UnaryOperator<Tensor>> layers = new ArrayList<>();
  private final Conv2d output;

  /**
   * @param width features of a code
   * @param height of pictures, which says at which levels pixels attend
   */
  Decoder(Scope scope, VqganRecipe.Network network, int width, int height) {
    patch = network.patch();
    int top = network.features(network.levels() - 1);
    if (network.form() == VqganRecipe.Form.COMPACT) {
      layers.add(Conv2d.same(scope.child("input"), width, top, 3)::apply);
      layers.add(ResBlock.of(scope.child("first"), top, top)::apply);
      if (network.attention()) {
        layers.add(SpatialAttention.of(scope.child("attention"), top, 1)::apply);
      }
    } else {
      layers.add(Conv2d.same(scope.child("dequantize"), width, network.latent(), 1)::apply);
      layers.add(Conv2d.same(scope.child("input"), network.latent(), top, 3)::apply);
      Middle.declare(scope.child("middle"), network, top, layers);
    }
    int current = declareLevels(scope.child("up"), network, top, height / patch);
    layers.add(new GroupNorm(scope.child("norm"), current, network.eps())::silu);
    output = Conv2d.same(scope.child("output"), current, 3L * patch * patch, 3);
  }

  /** Returns the features of the finest level. */
  private int declareLevels(Scope scope, VqganRecipe.Network network, int top, int side) {
    boolean compact = network.form() == VqganRecipe.Form.COMPACT;
    int current = top;
    for (int level = network.levels() - 1; level >= 0; level--) {
      Scope at = scope.child(level);
      boolean attends = network.attentionResolutions().contains(side >> level);
      for (int i = 0; i < network.blocks() + (compact ? 0 : 1); i++) {
        Scope block = at.child(i);
        layers.add(ResBlock.of(block, current, network.features(level), network.eps())::apply);
        current = network.features(level);
        if (attends) {
          Scope attention = block.child("attention");
          layers.add(SpatialAttention.of(attention, current, 1, network.eps())::apply);
        }
      }
      if (level > 0) {
        // Compact: to the next level's features, since at the next level's size width is what
        // costs.
        int next = compact ? network.features(level - 1) : current;
        Conv2d enlarge = Conv2d.same(at.child("enlarge"), current, next, 3);
        layers.add(h -> enlarge.apply(h.upsampleNearest(2)));
        current = next;
      }
    }
    return current;
  }

  Tensor apply(Tensor codes) {
    Tensor h = codes;
    for (UnaryOperator<Tensor> layer : layers) {
      h = layer.apply(h);
    }
    return Patches.unfold(output.apply(h).master(), patch);
  }

  /** The weight at which the adaptive weight compares gradients. */
  Parameter lastWeight() {
    return output.weight();
  }
}
