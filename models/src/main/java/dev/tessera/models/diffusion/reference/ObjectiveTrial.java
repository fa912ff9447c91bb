package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.ArgumentSource;
import dev.tessera.models.train.BatchColumn;
import dev.tessera.models.train.Phase;

/**
 * The program that training runs, on one batch, beside the loss that the recipe's papers write of
 * the same data, random numbers and small network: its value, and its slope along one direction of
 * the parameters, here by central differences.
 *
 * @param published the papers' value
 * @param traced the program's
 * @param publishedSlope the papers' derivative along the direction
 * @param tracedSlope the program's gradient along it
 */
public record ObjectiveTrial(
    double published, double traced, double publishedSlope, double tracedSlope) {

  private static final int BATCH = 24;
  private static final int SHARDS = 2;
  private static final int ELEMENTS = 4;
  private static final BackboneRecipe.Mlp NETWORK = new BackboneRecipe.Mlp(6, 2);
  private static final double MEAN = 3;
  private static final double DEVIATION = 1.7;

  /** Sizes below which roundings of the terms count, not of their sum. */
  private static final double LEAST = 0.01;

  /**
   * What float32 leaves of a mean of 24 samples, each a sum of products of numbers near 1: some
   * hundred roundings of 6e-8, relative.
   */
  public double tolerance() {
    return 5e-5 * Math.max(LEAST, Math.abs(published));
  }

  /**
   * Of slopes, whose terms cancel, and in which labels of up to 999 stand, cosines of which float32
   * knows to 6e-5.
   */
  public double slopeTolerance() {
    double size = Math.max(Math.abs(publishedSlope), Math.abs(published));
    return 3e-4 * Math.max(LEAST, size);
  }

  /**
   * Tries a recipe's choices with a network of its own.
   *
   * @param choices all but the backbone and classes are taken; sliced scores with one direction of
   *     signs
   * @param key of all random numbers
   */
  public static ObjectiveTrial run(TorchRuntime runtime, DiffusionRecipe choices, long key) {
    if (choices.loss() instanceof Loss.SlicedScore sliced
        && (sliced.projections() > 1 || sliced.direction() != Loss.Direction.RADEMACHER)) {
      throw new IllegalArgumentException("loss: " + sliced + " (expected: one direction of signs)");
    }
    DiffusionRecipe recipe = choices.with(NETWORK).withClasses(false, 0);
    Signal signal = Signal.latents(ELEMENTS, 1, 1, MEAN, DEVIATION);
    DiffusionModel model = new DiffusionModel(recipe, signal, 0);
    Layout layout = model.layout();
    Phase phase = new DiffusionObjective(model, SHARDS, BATCH, Segmentation.WHOLE).phases().get(0);
    int size = Math.toIntExact(layout.size());
    float[] weights = new Initializer.Normal(0.4).values(Shape.of(size), key);
    float[] direction = new Initializer.Normal(1).values(Shape.of(size), key + 1);
    float[] stored = stored(key + 2);
    PublishedLoss published =
        new PublishedLoss(recipe, layout, Drawn.of(runtime, recipe, model.shape(BATCH), key));
    double[][] clean = clean(stored, recipe.sigmaData());
    double[] base = moved(weights, direction, 0);
    double h = 1e-5;
    double up = published.of(clean, moved(weights, direction, h), base);
    double down = published.of(clean, moved(weights, direction, -h), base);
    try (Executable executable = runtime.load(phase.gradient());
        NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(size));
        NativeTensor data = runtime.zeros(DType.FLOAT32, model.shape(BATCH));
        NativeTensor number = runtime.scalar(key)) {
      flat.set(weights);
      data.set(stored);
      try (Results results = executable.run(phase.step().arguments(source(flat, data, number)))) {
        double slope = 0;
        float[] gradient = results.get(0).toFloats();
        for (int i = 0; i < size; i++) {
          slope += (double) gradient[i] * direction[i];
        }
        return new ObjectiveTrial(
            published.of(clean, base, base) / SHARDS,
            results.get(1).item(),
            (up - down) / (2 * h) / SHARDS,
            slope);
      }
    }
  }

  private static ArgumentSource source(NativeTensor flat, NativeTensor data, NativeTensor key) {
    return new ArgumentSource() {
      @Override
      public NativeTensor parameters(String group) {
        return flat;
      }

      @Override
      public NativeTensor column(BatchColumn column) {
        return data;
      }

      @Override
      public NativeTensor key() {
        return key;
      }
    };
  }

  /** Data that are neither centred nor of the deviation that the recipe expects. */
  private static float[] stored(long key) {
    float[] values = new Initializer.Normal(1).values(Shape.of((long) BATCH * ELEMENTS), key);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (MEAN + DEVIATION * (0.4 + 0.8 * values[i]));
    }
    return values;
  }

  private static double[][] clean(float[] stored, double sigmaData) {
    double[][] clean = new double[BATCH][ELEMENTS];
    for (int i = 0; i < stored.length; i++) {
      clean[i / ELEMENTS][i % ELEMENTS] = (stored[i] - MEAN) / DEVIATION * sigmaData;
    }
    return clean;
  }

  private static double[] moved(float[] weights, float[] direction, double by) {
    double[] moved = new double[weights.length];
    for (int i = 0; i < moved.length; i++) {
      moved[i] = weights[i] + by * direction[i];
    }
    return moved;
  }
}
