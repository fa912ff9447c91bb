package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * DDPM++, the U-Net of Song et al. 2021 in the form in which EDM trains it (Karras et al. 2022,
 * appendix F): blocks also halve and double the size, skips are summed at equal variance, and the
 * noise level shifts features.
 */
public final class DdpmPlusPlus implements Backbone {

  private final PositionalEmbedding embedding;
  private final Conv2d input;
  private final List<DdpmBlock> down = new ArrayList<>();
  private final List<DdpmBlock> middle;
  private final List<DdpmBlock> up = new ArrayList<>();
  private final GroupNorm norm;
  private final Conv2d output;

  /** One map of features: its number of features and its side. */
  private record Place(int features, int side) {}

  DdpmPlusPlus(
      Scope scope, BackboneRecipe.DdpmPlusPlus recipe, int dataChannels, int side, int classes) {
    int base = recipe.channels();
    embedding = new PositionalEmbedding(scope.child("noise"), base, 4 * base, classes);
    input = Conv2d.xavier(scope.child("input"), dataChannels, base, 3, 1);
    Deque<Integer> skips = new ArrayDeque<>(List.of(base));
    Place last = declareDown(scope.child("down"), recipe, new Place(base, side), skips);
    DdpmBlock.Plan plain = new DdpmBlock.Plan(last.features, last.features, recipe);
    middle =
        List.of(
            new DdpmBlock(scope.child("middle").segment("0"), plain.attending(true)),
            new DdpmBlock(scope.child("middle").segment("1"), plain));
    int features = declareUp(scope.child("up"), recipe, last, skips);
    norm = new GroupNorm(scope.child("norm"), features, DdpmBlock.EPS);
    output = Conv2d.xavier(scope.child("output"), features, dataChannels, 3, DdpmBlock.LAST);
  }

  private Place declareDown(
      Scope scope, BackboneRecipe.DdpmPlusPlus recipe, Place first, Deque<Integer> skips) {
    int current = first.features;
    int side = first.side;
    for (int level = 0; level < recipe.multipliers().size(); level++) {
      Scope at = scope.child(level);
      if (level > 0) {
        side /= 2;
        DdpmBlock.Plan halving = new DdpmBlock.Plan(current, current, recipe);
        down.add(new DdpmBlock(at.segment("halve"), halving.resizing(DdpmBlock.Size.HALVED)));
        skips.push(current);
      }
      boolean attends = recipe.attentionResolutions().contains(side);
      int out = recipe.channels() * recipe.multipliers().get(level);
      for (int i = 0; i < recipe.blocks(); i++) {
        DdpmBlock.Plan plan = new DdpmBlock.Plan(current, out, recipe);
        down.add(new DdpmBlock(at.segment(Integer.toString(i)), plan.attending(attends)));
        current = out;
        skips.push(current);
      }
    }
    return new Place(current, side);
  }

  private int declareUp(
      Scope scope, BackboneRecipe.DdpmPlusPlus recipe, Place first, Deque<Integer> skips) {
    int current = first.features;
    int side = first.side;
    int top = recipe.multipliers().size() - 1;
    for (int level = top; level >= 0; level--) {
      Scope at = scope.child(level);
      if (level < top) {
        side *= 2;
        DdpmBlock.Plan doubling = new DdpmBlock.Plan(current, current, recipe);
        up.add(new DdpmBlock(at.segment("double"), doubling.resizing(DdpmBlock.Size.DOUBLED)));
      }
      int out = recipe.channels() * recipe.multipliers().get(level);
      for (int i = 0; i <= recipe.blocks(); i++) {
        // On the way up only the last block of a level attends.
        boolean attends = i == recipe.blocks() && recipe.attentionResolutions().contains(side);
        DdpmBlock.Plan plan = new DdpmBlock.Plan(current + skips.pop(), out, recipe);
        up.add(new DdpmBlock(at.segment(Integer.toString(i)), plan.attending(attends)));
        current = out;
      }
    }
    return current;
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor label) {
    Tensor condition = embedding.apply(noiseLevel, label);
    Tensor h = input.apply(x);
    Deque<Tensor> skips = new ArrayDeque<>(List.of(h));
    for (DdpmBlock block : down) {
      h = block.apply(h, condition);
      skips.push(h);
    }
    for (DdpmBlock block : middle) {
      h = block.apply(h, condition);
    }
    for (DdpmBlock block : up) {
      h = block.resizes() ? block.apply(h, condition) : block.apply(h, skips.pop(), condition);
    }
    return output.apply(norm.silu(h)).master();
  }
}
