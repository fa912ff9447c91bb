package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.nn.Conv2d;
import dev.tessera.models.nn.GroupNorm;
import dev.tessera.models.nn.ResBlock;
import dev.tessera.models.nn.SpatialAttention;
import java.util.ArrayList;
import java.util.List;

/** {@code [N, 3, H, W]} in [-1, 1] to latents {@code [N, width, H/f, W/f]}. */
final class Encoder {

  private final int patch;
  private final Conv2d input;
  private final List<List<ResBlock>> levels = new ArrayList<>();
  private final List<Conv2d> halve = new ArrayList<>();
  private final SpatialAttention attention;
  private final ResBlock last;
  private final GroupNorm norm;
  private final Conv2d output;

  Encoder(Scope scope, VqganRecipe.Network network, int width) {
    int current = network.channels();
    patch = network.patch();
    input = Conv2d.same(scope.child("input"), 3L * patch * patch, current, 3);
    for (int level = 0; level < network.multipliers().size(); level++) {
      Scope at = scope.child("down").child(level);
      if (level > 0) {
        halve.add(Conv2d.halving(at.child("halve"), current, current));
      }
      int out = network.channels() * network.multipliers().get(level);
      List<ResBlock> blocks = new ArrayList<>();
      for (int i = 0; i < network.blocks(); i++) {
        blocks.add(ResBlock.of(at.child(i), current, out));
        current = out;
      }
      levels.add(blocks);
    }
    attention =
        network.attention() ? new SpatialAttention(scope.child("attention"), current, 1) : null;
    last = ResBlock.of(scope.child("last"), current, current);
    norm = new GroupNorm(scope.child("norm"), current);
    output = Conv2d.same(scope.child("output"), current, width, 1);
  }

  Tensor apply(Tensor images) {
    Tensor h = input.apply(Patches.fold(images, patch));
    for (int level = 0; level < levels.size(); level++) {
      if (level > 0) {
        h = halve.get(level - 1).apply(h);
      }
      for (ResBlock block : levels.get(level)) {
        h = block.apply(h);
      }
    }
    if (attention != null) {
      h = attention.apply(h);
    }
    return output.apply(norm.apply(last.apply(h)).silu()).master();
  }
}
