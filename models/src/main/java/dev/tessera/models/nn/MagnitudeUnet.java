package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;

/**
 * EDM2's U-Net (Karras et al. 2024): every layer keeps the magnitude of what it is given, so
 * neither norms nor biases are needed; a channel of ones stands in for the latter. The last layer's
 * gain is 0 at first.
 */
final class MagnitudeUnet implements Backbone {

  /** Share of the class in the condition. */
  private static final double LABEL = 0.5;

  private final BackboneRecipe.Edm2 recipe;
  private final int classes;
  private final int width;
  private final UnitLinear noise;
  private final UnitLinear label;
  private final UnitConv2d input;
  private final List<MagnitudeBlock> down = new ArrayList<>();
  private final List<MagnitudeBlock> middle;
  private final List<MagnitudeBlock> up = new ArrayList<>();
  private final UnitConv2d output;
  private final Parameter gain;

  /** One map of features: its number of features and its side. */
  private record Place(int features, int side) {}

  MagnitudeUnet(Scope scope, BackboneRecipe.Edm2 recipe, BackboneShape shape) {
    this.recipe = recipe;
    this.classes = shape.classes();
    this.width = recipe.channels() * Collections.max(recipe.multipliers());
    noise = new UnitLinear(scope.child("noise"), frequencies(), width);
    label = classes > 0 ? new UnitLinear(scope.child("label"), classes, width) : null;
    int base = frequencies();
    input = new UnitConv2d(scope.child("input"), shape.channels() + 1L, base, 3);
    Deque<Integer> skips = new ArrayDeque<>(List.of(base));
    Place last = declareDown(scope.child("down"), new Place(base, shape.height()), skips);
    MagnitudeBlock.Plan plain = plan(last.features, last.features, true);
    Scope between = scope.child("middle");
    middle =
        List.of(
            new MagnitudeBlock(between.segment("0"), plain.attending(true)),
            new MagnitudeBlock(between.segment("1"), plain));
    int features = declareUp(scope.child("up"), last, skips);
    output = new UnitConv2d(scope.child("output"), features, shape.outputs(), 3);
    gain = scope.vector("gain", Shape.of(), Initializer.zeros());
  }

  /** Features of the noise level and of the first convolution's result. */
  private int frequencies() {
    return recipe.channels() * recipe.multipliers().get(0);
  }

  private MagnitudeBlock.Plan plan(int in, int out, boolean onTheWayUp) {
    return MagnitudeBlock.Plan.of(recipe, in, out, width, onTheWayUp);
  }

  private Place declareDown(Scope scope, Place first, Deque<Integer> skips) {
    int current = first.features;
    int side = first.side;
    for (int level = 0; level < recipe.multipliers().size(); level++) {
      Scope at = scope.child(level);
      if (level > 0) {
        side /= 2;
        MagnitudeBlock.Plan halving = plan(current, current, false).resizing(UnetBlock.Size.HALVED);
        down.add(new MagnitudeBlock(at.segment("halve"), halving));
        skips.push(current);
      }
      boolean attends = recipe.attentionResolutions().contains(side);
      int out = recipe.channels() * recipe.multipliers().get(level);
      for (int i = 0; i < recipe.blocks(); i++) {
        MagnitudeBlock.Plan plan = plan(current, out, false).attending(attends);
        down.add(new MagnitudeBlock(at.segment(Integer.toString(i)), plan));
        current = out;
        skips.push(current);
      }
    }
    return new Place(current, side);
  }

  private int declareUp(Scope scope, Place first, Deque<Integer> skips) {
    int current = first.features;
    int side = first.side;
    int top = recipe.multipliers().size() - 1;
    for (int level = top; level >= 0; level--) {
      Scope at = scope.child(level);
      if (level < top) {
        side *= 2;
        MagnitudeBlock.Plan doubling =
            plan(current, current, true).resizing(UnetBlock.Size.DOUBLED);
        up.add(new MagnitudeBlock(at.segment("double"), doubling));
      }
      boolean attends = recipe.attentionResolutions().contains(side);
      int out = recipe.channels() * recipe.multipliers().get(level);
      for (int i = 0; i <= recipe.blocks(); i++) {
        MagnitudeBlock.Plan plan = plan(current + skips.pop(), out, true).attending(attends);
        up.add(new MagnitudeBlock(at.segment(Integer.toString(i)), plan));
        current = out;
      }
    }
    return current;
  }

  /** Random frequencies are made for EDM's label; at one of steps they would be a hash. */
  @Override
  public double labelScale() {
    return NoiseEmbedding.SCALE;
  }

  @Override
  public Tensor features(Tensor noiseLevel) {
    return Magnitude.fourier(noiseLevel, frequencies());
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor labels, Tensor augment) {
    Tensor condition = condition(noiseLevel, labels);
    Tensor ones = x.trace().full(x.type().dtype(), x.shape().with(1, 1), 1);
    Tensor h = input.apply(Tensor.cat(1, List.of(x, ones)));
    Deque<Tensor> skips = new ArrayDeque<>(List.of(h));
    for (MagnitudeBlock block : down) {
      h = block.apply(h, condition);
      skips.push(h);
    }
    for (MagnitudeBlock block : middle) {
      h = block.apply(h, condition);
    }
    for (MagnitudeBlock block : up) {
      h = block.resizes() ? block.apply(h, condition) : block.apply(h, skips.pop(), condition);
    }
    return output.apply(h, x.trace().weight(gain)).master();
  }

  private Tensor condition(Tensor noiseLevel, Tensor labels) {
    Tensor level = noise.apply(features(noiseLevel)).master();
    if (label == null) {
      return Magnitude.silu(level);
    }
    Tensor hot = OneHot.of(labels, classes).mul(Math.sqrt(classes));
    return Magnitude.silu(Magnitude.sum(level, label.apply(hot).master(), LABEL));
  }
}
