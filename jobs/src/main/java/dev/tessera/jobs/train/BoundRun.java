package dev.tessera.jobs.train;

import dev.tessera.datasets.table.LatentInfo;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.train.Objective;
import dev.tessera.spark.training.Family;
import org.apache.hadoop.conf.Configuration;

/** A recipe joined to its data: everything that is known before anything runs. */
public record BoundRun(Recipe recipe, TableManifest manifest, Family family, Trained trained) {

  /**
   * Joins them.
   *
   * @throws UserException if the table cannot serve the recipe
   */
  public static BoundRun of(Recipe recipe, Configuration conf) {
    TableManifest manifest = ManifestFile.read(conf, recipe.data());
    BoundRun bound =
        recipe instanceof Recipe.Tokenizer tokenizer
            ? tokenizer(tokenizer, manifest)
            : diffusion((Recipe.Diffusion) recipe, manifest);
    checkRows(recipe, manifest);
    bound.objective();
    return bound;
  }

  /** Whether the data are a tokenizer's latents. */
  boolean latents() {
    return manifest.kind() == TableKind.LATENTS;
  }

  /** The objective, traced: what {@code plan} counts. */
  public Objective objective() {
    try {
      return family.objective(recipe.schedule(), recipe.ranks().target());
    } catch (IllegalArgumentException e) {
      throw new UserException("model." + e.getMessage(), e);
    }
  }

  private static void checkRows(Recipe recipe, TableManifest manifest) {
    long rows = manifest.rows(Subset.TRAIN);
    if (rows < recipe.schedule().shards()) {
      throw new UserException(
          recipe.data()
              + " has "
              + rows
              + " training rows for "
              + recipe.schedule().shards()
              + " shards: lower schedule.shards or choose a larger table.");
    }
  }

  private static BoundRun tokenizer(Recipe.Tokenizer recipe, TableManifest manifest) {
    manifest.require(TableKind.IMAGES, recipe.data());
    int size = manifest.imageSize();
    return new BoundRun(
        recipe,
        manifest,
        new Family.Tokenizer(recipe.model(), size, size),
        new Trained.TrainedTokenizer(recipe, size, manifest.classNames()));
  }

  private static BoundRun diffusion(Recipe.Diffusion recipe, TableManifest manifest) {
    Signal signal = signal(recipe, manifest);
    if (recipe.model().classConditional() && manifest.classNames().isEmpty()) {
      throw new UserException(
          recipe.data()
              + " has no labels: set model.class-conditional=false or choose a table with classes.");
    }
    return new BoundRun(
        recipe,
        manifest,
        new Family.Diffusion(recipe.model(), signal, manifest.classNames().size()),
        new Trained.TrainedDiffusion(recipe, signal, manifest.imageSize(), manifest.classNames()));
  }

  private static Signal signal(Recipe.Diffusion recipe, TableManifest manifest) {
    int size = manifest.imageSize();
    if (manifest.kind() == TableKind.IMAGES) {
      return Signal.pixels(size, size);
    }
    LatentInfo latents = manifest.require(TableKind.LATENTS, recipe.data()).latents();
    if (!latents.dtype().equals("float32")) {
      throw new UserException(
          recipe.data() + " holds " + latents.dtype() + " latents (expected: float32).");
    }
    return Signal.latents(
        latents.shape().get(0),
        latents.shape().get(1),
        latents.shape().get(2),
        latents.mean(),
        latents.std());
  }
}
