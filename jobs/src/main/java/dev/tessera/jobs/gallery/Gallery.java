package dev.tessera.jobs.gallery;

import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.Drawing;
import dev.tessera.models.evaluation.SlicedWasserstein;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Trains every objective and draws with every sampler. */
final class Gallery {

  private static final int DIRECTIONS = 64;

  /** Where samples begin that training never sees: it counts from 0. */
  private static final long HELD_OUT = 1L << 40;

  private final GalleryRecipe recipe;
  private final List<Objective> objectives;
  private final List<Column> columns;

  Gallery(GalleryRecipe recipe, List<Objective> objectives, List<Column> columns) {
    this.recipe = recipe;
    this.objectives = objectives;
    this.columns = columns;
  }

  /**
   * All points drawn.
   *
   * @param data of the density, as many
   * @param floor distance between the data and others of the density, as many
   * @param normal distance between the data and samples of a normal law of its moments, as many: a
   *     model that is no closer has learnt no more than mean and covariance
   * @param rows of the objectives
   */
  record Drawn(float[] data, double floor, double normal, List<Row> rows, List<Column> columns) {

    /** Objectives with a sampler whose samples are no closer to the data than a normal law's. */
    List<String> missed() {
      return rows.stream()
          .filter(row -> !row.distances().stream().allMatch(distance -> distance < normal))
          .map(row -> row.objective().name())
          .toList();
    }
  }

  /**
   * A row.
   *
   * @param points of each column, {@code [n][2]}
   * @param distances from the data of each column
   * @param training seconds
   * @param drawing seconds
   */
  record Row(
      Objective objective,
      List<float[]> points,
      List<Double> distances,
      double training,
      double drawing) {}

  Drawn run(TorchRuntime runtime, Consumer<String> told) {
    Tree tree = new Tree(recipe.seed());
    float[] data = tree.samples(HELD_OUT, recipe.points());
    float[] others = tree.samples(HELD_OUT + recipe.points(), recipe.points());
    Signal signal = signal(tree);
    List<Row> rows = new ArrayList<>();
    for (Objective objective : objectives) {
      Row row = row(runtime, tree, signal, objective, data);
      told.accept(
          String.format(
              Locale.ROOT,
              "%-18s trained in %.1f s, drawn in %.1f s, distances %s",
              objective.name(),
              row.training(),
              row.drawing(),
              row.distances().stream().map(PictureTable::note).toList()));
      rows.add(row);
    }
    double normal = distance(data, normal(others));
    return new Drawn(data, distance(data, others), normal, rows, columns);
  }

  /** As many samples of a normal law of the mean and covariance of these. */
  private float[] normal(float... of) {
    int n = of.length / 2;
    double[] mean = new double[2];
    for (int i = 0; i < of.length; i++) {
      mean[i % 2] += of[i] / (double) n;
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (int i = 0; i < n; i++) {
      double x = of[2 * i] - mean[0];
      double y = of[2 * i + 1] - mean[1];
      xx += x * x / n;
      xy += x * y / n;
      yy += y * y / n;
    }
    float[] z = new Initializer.Normal(1).values(Shape.of(of.length), Hash.of(recipe.seed(), -2));
    double alone = Math.sqrt(yy - xy * xy / xx);
    for (int i = 0; i < n; i++) {
      double x = Math.sqrt(xx) * z[2 * i];
      z[2 * i + 1] = (float) (mean[1] + xy / xx * x + alone * z[2 * i + 1]);
      z[2 * i] = (float) (mean[0] + x);
    }
    return z;
  }

  private Row row(
      TorchRuntime runtime, Tree tree, Signal signal, Objective objective, float[] data) {
    long start = System.nanoTime();
    try (ToyModel model =
        new ToyModel(
            runtime,
            recipe.complete(objective.recipe()),
            signal,
            tree,
            recipe.schedule(),
            recipe.points())) {
      long trained = System.nanoTime();
      List<float[]> points = new ArrayList<>();
      List<Double> distances = new ArrayList<>();
      for (Column column : columns) {
        Drawing drawing = column.drawing(objective.recipe().learnsVariance());
        float[] drawn = model.draw(drawing, recipe.seed());
        points.add(drawn);
        distances.add(distance(drawn, data));
      }
      double drawing = (System.nanoTime() - trained) / 1e9;
      return new Row(objective, points, distances, (trained - start) / 1e9, drawing);
    }
  }

  /**
   * Mean and deviation of both coordinates together, from samples that are used for nothing else.
   */
  private Signal signal(Tree tree) {
    float[] values = tree.samples(2 * HELD_OUT, 20_000);
    double mean = 0;
    double square = 0;
    for (float value : values) {
      mean += value / values.length;
      square += (double) value * value / values.length;
    }
    return Signal.latents(2, 1, 1, mean, Math.sqrt(square - mean * mean));
  }

  private double distance(float[] a, float[] b) {
    return SlicedWasserstein.distance(a, b, 2, DIRECTIONS, recipe.seed());
  }
}
