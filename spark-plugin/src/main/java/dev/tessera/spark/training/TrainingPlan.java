package dev.tessera.spark.training;

import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.table.SharedFile;
import java.io.Serializable;
import java.util.List;

/**
 * One training run, as every rank is told of it. Paths are qualified: executors run in other
 * folders.
 *
 * @param shared what the driver sees and every rank must see too
 * @param owner the claim on the run directory, which exists while this run may write there
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
    List<SharedFile> shared,
    String owner,
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
