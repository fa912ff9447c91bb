package dev.tessera.models.diffusion.reference;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import dev.tessera.models.nn.UncertaintyHead;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;

/**
 * The random numbers of one call of an objective's program: a program that draws the same shapes in
 * the same order draws the same numbers.
 *
 * @param levels what noise levels follow from, {@code [n]}
 * @param noise {@code [n][d]}
 * @param directions of sliced scores, {@code [n][d]}; signs
 * @param frequencies of the uncertainty's cosines
 * @param phases of the same
 */
record Drawn(
    double[] levels,
    double[][] noise,
    double[][] directions,
    double[] frequencies,
    double[] phases) {

  /** Of pictures {@code shape [N, C, H, W]}. */
  static Drawn of(TorchRuntime runtime, DiffusionRecipe recipe, Shape shape, long key) {
    Trace trace = new Trace("drawn", Precision.FP32);
    trace.randomness(trace.scalar("key", DType.INT64));
    Shape rows = Shape.of(shape.dim(0));
    boolean normal = recipe.noise().draw() == NoiseDistribution.Draw.NORMAL;
    Tensor levels = normal ? trace.normal(rows) : trace.uniform(rows);
    Tensor noise = trace.normal(shape);
    Tensor directions = trace.uniform(shape);
    Shape features = Shape.of(UncertaintyHead.FEATURES);
    Tensor frequencies = trace.fixedNormal(1, features);
    Tensor phases = trace.fixedUniform(2, features);
    try (Executable program =
            runtime.load(trace.finish(levels, noise, directions, frequencies, phases));
        NativeTensor number = runtime.scalar(key);
        Results results = program.run(number)) {
      int n = (int) shape.dim(0);
      double[][] signs = rows(results.get(2).toFloats(), n);
      for (double[] row : signs) {
        for (int j = 0; j < row.length; j++) {
          row[j] = row[j] < 0.5 ? 1 : -1;
        }
      }
      return new Drawn(
          rows(results.get(0).toFloats(), 1)[0],
          rows(results.get(1).toFloats(), n),
          signs,
          rows(results.get(3).toFloats(), 1)[0],
          rows(results.get(4).toFloats(), 1)[0]);
    }
  }

  private static double[][] rows(float[] values, int n) {
    double[][] rows = new double[n][values.length / n];
    for (int i = 0; i < values.length; i++) {
      rows[i / rows[0].length][i % rows[0].length] = values[i];
    }
    return rows;
  }
}
