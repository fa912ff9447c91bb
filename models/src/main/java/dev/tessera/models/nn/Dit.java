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
 * level and the class (adaLN-Zero).
 */
public final class Dit implements Backbone {

  private final BackboneRecipe.Dit recipe;
  private final int channels;
  private final int rows;
  private final int columns;
  private final Linear patches;
  private final Parameter positions;
  private final NoiseEmbedding noise;
  private final List<DitBlock> blocks = new ArrayList<>();
  private final Linear modulation;
  private final Linear output;

  Dit(Scope scope, BackboneRecipe.Dit recipe, int channels, int height, int width, int classes) {
    if (height % recipe.patch() != 0 || width % recipe.patch() != 0) {
      throw new IllegalArgumentException(
          "patch: " + recipe.patch() + " (expected: a divisor of " + height + " x " + width + ")");
    }
    this.recipe = recipe;
    this.channels = channels;
    this.rows = height / recipe.patch();
    this.columns = width / recipe.patch();
    int patchSize = channels * recipe.patch() * recipe.patch();
    this.patches = Linear.of(scope.child("patches"), patchSize, recipe.width());
    this.positions =
        scope.vector(
            "positions",
            Shape.of((long) rows * columns, recipe.width()),
            new Initializer.Values(SinCos.grid(rows, columns, recipe.width())));
    this.noise = new NoiseEmbedding(scope.child("noise"), recipe.width(), classes);
    for (int i = 0; i < recipe.depth(); i++) {
      blocks.add(new DitBlock(scope.child("blocks").segment(Integer.toString(i)), recipe));
    }
    this.modulation = Linear.zero(scope.child("modulation"), recipe.width(), 2L * recipe.width());
    this.output = Linear.zero(scope.child("output"), recipe.width(), patchSize);
  }

  @Override
  public double labelScale() {
    return NoiseEmbedding.SCALE;
  }

  @Override
  public Tensor apply(Tensor x, Tensor noiseLevel, Tensor label) {
    Tensor tokens = patches.apply(patchify(x)).master().add(x.trace().weight(positions));
    Tensor condition = noise.apply(noiseLevel, label).silu();
    DitBlock.Stream stream = DitBlock.Stream.of(tokens);
    for (DitBlock block : blocks) {
      stream = block.apply(stream, condition);
    }
    List<Tensor> shiftScale = modulation.apply(condition).chunk(1, 2);
    Tensor last = stream.normModulate(shiftScale.get(0), shiftScale.get(1)).get(1);
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
        .reshape(tokens.dim(0), rows, columns, channels, p, p)
        .permute(0, 3, 1, 4, 2, 5)
        .reshape(tokens.dim(0), channels, (long) rows * p, (long) columns * p);
  }
}
