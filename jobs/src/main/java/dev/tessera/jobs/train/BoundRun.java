package dev.tessera.jobs.train;

import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableKind;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.models.UserException;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.Objective;
import org.apache.hadoop.conf.Configuration;

/** A recipe joined to its data: everything that is known before anything runs. */
public record BoundRun(Recipe recipe, TableManifest manifest, Trained trained) {

  /**
   * Joins them.
   *
   * @throws UserException if the table cannot serve the recipe
   */
  public static BoundRun of(Recipe recipe, Configuration conf) {
    TableManifest manifest = ManifestFile.read(conf, recipe.data());
    BoundRun bound = new BoundRun(recipe, manifest, recipe.bind(manifest));
    checkRows(recipe, manifest);
    bound.objective();
    return bound;
  }

  /** What is trained. */
  public Family family() {
    return trained.family();
  }

  /** Whether the data are a tokenizer's latents. */
  boolean latents() {
    return manifest.kind() == TableKind.LATENTS;
  }

  /** The objective, traced: what {@code plan} counts. */
  public Objective objective() {
    try {
      return family().objective(recipe.schedule(), recipe.ranks().target());
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
}
