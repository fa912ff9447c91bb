package dev.tessera.models.nn;

import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Parameter;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Diffusion transformer (Peebles and Xie 2023): patches as tokens, blocks modulated by the noise
 * level and the class (adaLN-Zero); their parts are the recipe's choice.
 */
public final class Dit implements Backbone {

  private final BackboneRecipe.Dit recipe;
  private final int channels;
  private final int outputs;
  private final int rows;
  private final int columns;
  private final Linear patches;
  private final Parameter positions;
  private final Rotary rotary;
  private final NoiseEmbedding noise;
  private final List<DitBlock> blocks = new ArrayList<>();
  private final Linear modulation;
  private final Linear output;

  Dit(Scope scope, BackboneRecipe.Dit recipe, BackboneShape shape) {
    int height = shape.height();
    int width = shape.width();
    if (height % recipe.patch() != 0 || width % recipe.patch() != 0) {
      throw new IllegalArgumentException(
          "patch: " + recipe.patch() + " (expected: a divisor of " + height + " x " + width + ")");
    }
    this.recipe = recipe;
    this.channels = shape.channels();
    this.outputs = shape.outputs();
    this.rows = height / recipe.patch();
    this.columns = width / recipe.patch();
    int pixels = recipe.patch() * recipe.patch();
    this.patches = Linear.of(scope.child("patches"), (long) channels * pixels, recipe.width());
    boolean added = recipe.positions() != BackboneRecipe.Dit.Positions.ROTARY;
    this.positions = added ? positions(scope) : null;
    boolean rotates = recipe.positions() != BackboneRecipe.Dit.Positions.SIN_COS;
    this.rotary = rotates ? new Rotary(rows, columns, recipe.width() / recipe.heads()) : null;
    this.noise =
        new NoiseEmbedding(scope.child("noise"), recipe.noiseFeatures(), recipe.width(), shape);
    for (int i = 0; i < recipe.depth(); i++) {
      blocks.add(new DitBlock(scope.child("blocks").segment(Integer.toString(i)), recipe));
    }
    this.modulation =
        Linear.zero(scope.child("modulation").stacked(2), recipe.width(), 2L * recipe.width());
    this.output = Linear.zero(scope.child("output"), recipe.width(), (long) outputs * pixels);
  }

  private Parameter positions(Scope scope) {
    return scope.vector(
        "positions",
        Shape.of((long) rows * columns, recipe.width()),
        new Initializer.Values(SinCos.grid(rows, columns, recipe.width())));
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
    Tensor embedded = patches.apply(patchify(x)).master();
    Tensor tokens = positions == null ? embedded : embedded.add(x.trace().weight(positions));
    Tensor condition = noise.apply(noiseLevel, label, augment).silu();
    Rotary.Angles angles = rotary == null ? null : rotary.angles(x.trace());
    DitBlock.Stream stream = DitBlock.Stream.of(tokens);
    for (DitBlock block : blocks) {
      stream = block.apply(stream, condition, angles);
    }
    List<Tensor> shiftScale = modulation.apply(condition).chunk(1, 2);
    Tensor last = stream.normModulate(recipe.norm(), shiftScale.get(0), shiftScale.get(1)).get(1);
    return unpatchify(output.apply(last)).master();
  }

  /** {@code [N, C, H, W] -> [N, tokens, C p p]}. */
  private Tensor patchify(Tensor x) {
    int p = recipe.patch();
    return x.reshape(x.dim(0), channels, rows, p, columns, p)
        .permute(0, 2, 4, 1, 3, 5)
        .reshape(x.dim(0), (long) rows * columns, (long) channels * p * p);
  }

  private Tensor unpatchify(Tensor tokens) {
    int p = recipe.patch();
    return tokens
        .reshape(tokens.dim(0), rows, columns, outputs, p, p)
        .permute(0, 3, 1, 4, 2, 5)
        .reshape(tokens.dim(0), outputs, (long) rows * p, (long) columns * p);
  }
}
