package dev.tessera.spark.training;

import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.models.train.TrainingSchedule;
import java.io.Serializable;

/**
 * One training run, as every rank is told of it. Paths are qualified: executors run in other
 * folders.
 *
 * @param table what to train on
 * @param checkpoints folder of the run's checkpoints
 * @param keepCheckpoints how many to keep
 * @param cache folder on each executor's local disk, or null for {@link CacheSettings#standard}
 * @param recipe the resolved recipe, for checkpoints
 * @param preview what to draw at every checkpoint
 */
public record TrainingPlan(
    Family family,
    TrainingSchedule schedule,
    String table,
    String checkpoints,
    int keepCheckpoints,
    String cache,
    String recipe,
    Preview preview)
    implements Serializable {

  /** The folder beside {@code checkpoints} with snapshots of averages, as checkpoints too. */
  public static final String AVERAGES = "averages";
}
