package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/** A U-Net of residual blocks with attention at the coarsest level (Ho et al. 2020, reduced). */
public final class UNet implements Backbone {

  private final NoiseEmbedding noise;
  private final Conv2d input;
  private final List<List<ResBlock>> down = new ArrayList<>();
  private final List<Conv2d> halve = new ArrayList<>();
  private final ResBlock middle1;
  private final SpatialAttention attention;
  private final ResBlock middle2;
  private final List<List<ResBlock>> up = new ArrayList<>();
  private final List<Conv2d> enlarge = new ArrayList<>();
  private final GroupNorm norm;
  private final Conv2d output;

  UNet(Scope scope, BackboneRecipe.Unet recipe, BackboneShape shape) {
    int base = recipe.channels();
    int embedding = 4 * base;
    noise = new NoiseEmbedding(scope.child("noise"), embedding, shape);
    input = Conv2d.same(scope.child("input"), shape.channels(), base, 3);
    Deque<Integer> skips = new ArrayDeque<>(List.of(base));
    int current = declareDown(scope.child("down"), recipe, embedding, skips);
    middle1 = ResBlock.conditioned(scope.child("middle1"), current, current, embedding);
    attention = SpatialAttention.of(scope.child("attention"), current, recipe.heads());
    middle2 = ResBlock.conditioned(scope.child("middle2"), current, current, embedding);
    current = declareUp(scope.child("up"), recipe, embedding, current, skips);
    norm = new GroupNorm(scope.child("norm"), current);
    output = Conv2d.zero(scope.child("output"), current, shape.outputs(), 3);
  }

  private int declareDown(
      Scope scope, BackboneRecipe.Unet recipe, int embedding, Deque<Integer> skips) {
    int current = recipe.channels();
    int levels = recipe.multipliers().size();
    for (int level = 0; level < levels; level++) {
      int out = recipe.channels() * recipe.multipliers().get(level);
      List<ResBlock> blocks = new ArrayList<>();
      for (int i = 0; i < recipe.blocks(); i++) {
        blocks.add(ResBlock.conditioned(scope.child(level).child(i), current, out, embedding));
        current = out;
        skips.push(current);
      }
      down.add(blocks);
      if (level < levels - 1) {
        halve.add(Conv2d.halving(scope.child(level).child("halve"), current, current));
        skips.push(current);
      }
    }
    return current;
  }

  private int declareUp(
      Scope scope, BackboneRecipe.Unet recipe, int embedding, int from, Deque<Integer> skips) {
    int current = from;
    List<Integer> reversed = new ArrayList<>(recipe.multipliers());
    Collections.reverse(reversed);
    for (int level = 0; level < reversed.size(); level++) {
      int out = recipe.channels() * reversed.get(level);
      List<ResBlock> blocks = new ArrayList<>();
      for (int i = 0; i <= recipe.blocks(); i++) {
        blocks.add(
            ResBlock.conditioned(
                scope.child(level).child(i), current + skips.pop(), out, embedding));
        current = out;
      }
      up.add(blocks);
      if (level < reversed.size() - 1) {
        enlarge.add(Conv2d.same(scope.child(level).child("enlarge"), current, current, 3));
      }
    }
    return current;
  }

  @Override
  public Tensor features(Tensor noiseLevel) {
    return noise.features(noiseLevel);
  }

  @Override
  public double labelScale() {
    return NoiseEmbedding.SCALE;
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor label, Tensor augment) {
    Tensor embedding = noise.apply(noiseLevel, label, augment).silu();
    Deque<Tensor> skips = new ArrayDeque<>();
    Tensor h = input.apply(x);
    skips.push(h);
    for (int level = 0; level < down.size(); level++) {
      for (ResBlock block : down.get(level)) {
        h = block.apply(h, embedding);
        skips.push(h);
      }
      if (level < halve.size()) {
        h = halve.get(level).apply(h);
        skips.push(h);
      }
    }
    h = middle2.apply(attention.apply(middle1.apply(h, embedding)), embedding);
    for (int level = 0; level < up.size(); level++) {
      for (ResBlock block : up.get(level)) {
        h = block.apply(Tensor.cat(1, List.of(h, skips.pop())), embedding);
      }
      if (level < enlarge.size()) {
        h = enlarge.get(level).apply(h.upsampleNearest(2));
      }
    }
    return output.apply(norm.silu(h)).master();
  }
}
