package dev.tessera.jobs.gallery;

import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.train.EmaRecipe;
import dev.tessera.models.train.OptimizerRecipe;
import dev.tessera.models.train.TrainingSchedule;

/**
 * How long and how large.
 *
 * @param steps of training, a row
 * @param batch points a step
 * @param points drawn a picture
 * @param width of the network
 * @param depth of the network
 * @param learningRate at the start; it falls over the second half
 * @param seed of the tree, of training and of noise
 */
record GalleryRecipe(
    int steps, int batch, int points, int width, int depth, double learningRate, long seed) {

  GalleryRecipe {
    positive("steps", steps);
    positive("batch", batch);
    positive("points", points);
    positive("width", width);
    positive("depth", depth);
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  static GalleryRecipe defaults() {
    return new GalleryRecipe(2000, 256, 1500, 64, 4, 5e-3, 1);
  }

  DiffusionRecipe complete(DiffusionRecipe choices) {
    return choices
        .with(new BackboneRecipe.Mlp(width, depth))
        .with(
            new OptimizerRecipe(new AdamW(0.9, 0.99, 1e-8), learningRate).with(20L * batch, 0.6),
            new EmaRecipe.HalfLife(100.0 * batch, 0.05));
  }

  TrainingSchedule schedule() {
    long images = (long) steps * batch;
    return new TrainingSchedule(seed, batch, 1, images, images);
  }
}
