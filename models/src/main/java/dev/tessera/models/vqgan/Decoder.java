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

/** Quantised latents {@code [N, width, H/f, W/f]} to pictures {@code [N, 3, H, W]}. */
final class Decoder {

  private final int patch;
  private final Conv2d input;
  private final ResBlock first;
  private final SpatialAttention attention;
  private final List<List<ResBlock>> levels = new ArrayList<>();
  private final List<Conv2d> enlarge = new ArrayList<>();
  private final GroupNorm norm;
  private final Conv2d output;

  Decoder(Scope scope, VqganRecipe.Network network, int width) {
    int top = network.multipliers().size() - 1;
    int current = network.channels() * network.multipliers().get(top);
    patch = network.patch();
    input = Conv2d.same(scope.child("input"), width, current, 3);
    first = ResBlock.of(scope.child("first"), current, current);
    attention =
        network.attention() ? new SpatialAttention(scope.child("attention"), current, 1) : null;
    for (int level = top; level >= 0; level--) {
      Scope at = scope.child("up").child(level);
      int out = network.channels() * network.multipliers().get(level);
      List<ResBlock> blocks = new ArrayList<>();
      for (int i = 0; i < network.blocks(); i++) {
        blocks.add(ResBlock.of(at.child(i), current, out));
        current = out;
      }
      levels.add(blocks);
      if (level > 0) {
        // Already to the next level's features: at the next level's size, width is what costs.
        int next = network.channels() * network.multipliers().get(level - 1);
        enlarge.add(Conv2d.same(at.child("enlarge"), current, next, 3));
        current = next;
      }
    }
    norm = new GroupNorm(scope.child("norm"), current);
    output = Conv2d.same(scope.child("output"), current, 3L * patch * patch, 3);
  }

  Tensor apply(Tensor codes) {
    Tensor h = first.apply(input.apply(codes));
    if (attention != null) {
      h = attention.apply(h);
    }
    for (int level = 0; level < levels.size(); level++) {
      for (ResBlock block : levels.get(level)) {
        h = block.apply(h);
      }
      if (level < enlarge.size()) {
        h = enlarge.get(level).apply(h.upsampleNearest(2));
      }
    }
    return Patches.unfold(output.apply(norm.apply(h).silu()).master(), patch);
  }

  /** The weight at which the adaptive weight compares gradients. */
  Parameter lastWeight() {
    return output.weight();
  }
}
