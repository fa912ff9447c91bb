package dev.tessera.models.diffusion.reference;

import dev.tessera.models.graph.Layout;
import dev.tessera.models.nn.BackboneRecipe;

/** The network of {@link BackboneRecipe.Mlp} without classes, one sample at a time. */
final class ReferenceMlp {

  private static final int FEATURES = 128;
  private static final double EPS = 1e-6;

  private final Layout layout;
  private final int depth;
  private final double[] weights;

  ReferenceMlp(Layout layout, BackboneRecipe.Mlp recipe, double... weights) {
    this.layout = layout;
    this.depth = recipe.depth();
    this.weights = weights;
  }

  /** What it says of x, whose fastest feature of the noise level has this angle. */
  double[] apply(double[] x, double angle) {
    double[] features = new double[FEATURES];
    for (int i = 0; i < FEATURES / 2; i++) {
      double each = angle * Math.pow(1e-4, i / (FEATURES / 2.0));
      features[i] = Math.cos(each);
      features[i + FEATURES / 2] = Math.sin(each);
    }
    double[] condition = silu(linear("noise.out", silu(linear("noise.in", features))));
    double[] h = linear("input", x);
    for (int i = 0; i < depth; i++) {
      String layer = "layers." + i + ".";
      double[] hidden =
          silu(linear(layer + "first", modulated(layer + "modulation", h, condition)));
      double[] more = linear(layer + "second", hidden);
      for (int j = 0; j < h.length; j++) {
        h[j] += more[j];
      }
    }
    return linear("output", silu(modulated("modulation", h, condition)));
  }

  private double[] modulated(String name, double[] h, double... condition) {
    double[] both = linear(name, condition);
    int n = h.length;
    double mean = 0;
    for (double value : h) {
      mean += value / n;
    }
    double variance = 0;
    for (double value : h) {
      variance += (value - mean) * (value - mean) / n;
    }
    double[] result = new double[n];
    for (int i = 0; i < n; i++) {
      result[i] = both[i] + (1 + both[n + i]) * (h[i] - mean) / Math.sqrt(variance + EPS);
    }
    return result;
  }

  private static double[] silu(double... x) {
    double[] result = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      result[i] = x[i] / (1 + Math.exp(-x[i]));
    }
    return result;
  }

  private double[] linear(String name, double... x) {
    Layout.Slice weight = layout.slices().get(name + ".weight");
    Layout.Slice bias = layout.slices().get(name + ".bias");
    double[] result = new double[(int) bias.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = weights[(int) bias.offset() + i];
      for (int j = 0; j < x.length; j++) {
        result[i] += weights[(int) weight.offset() + i * x.length + j] * x[j];
      }
    }
    return result;
  }
}
