package dev.tessera.models.train;

import dev.tessera.models.Expected;
import java.io.Serializable;

/**
 * How long to train and in what portions, all in images.
 *
 * @param seed of initial parameters, data order and randomness
 * @param batch images a step, over all ranks
 * @param shards parts of a batch; fixed by the recipe, whatever the number of ranks
 * @param images length of the run
 * @param checkpointImages images between checkpoints; one more is written at the end
 * @param precision the arithmetic of every step
 * @param activations whether blocks keep theirs for the backward pass
 * @param lossScale how losses are scaled where {@code precision} is float16
 */
public record TrainingSchedule(
    long seed,
    int batch,
    int shards,
    long images,
    long checkpointImages,
    TrainingPrecision precision,
    Activations activations,
    LossScaleRecipe lossScale)
    implements Serializable {

  /** In float32, all activations kept. */
  public TrainingSchedule(long seed, int batch, int shards, long images, long checkpointImages) {
    this(seed, batch, shards, images, checkpointImages, TrainingPrecision.FP32, Activations.KEPT);
  }

  /** Losses scaled as is usual, if they have to be. */
  public TrainingSchedule(
      long seed,
      int batch,
      int shards,
      long images,
      long checkpointImages,
      TrainingPrecision precision,
      Activations activations) {
    this(
        seed,
        batch,
        shards,
        images,
        checkpointImages,
        precision,
        activations,
        LossScaleRecipe.defaults());
  }

  public TrainingSchedule {
    Expected.that(batch > 0, "batch", batch, "above 0");
    Expected.that(
        shards > 0 && Integer.bitCount(shards) == 1 && batch % shards == 0,
        "shards",
        shards,
        "a power of two that divides the batch of " + batch);
    Expected.that(images > 0, "images", images, "above 0");
    Expected.that(checkpointImages > 0, "checkpointImages", checkpointImages, "above 0");
  }

  public static TrainingSchedule defaults() {
    return new TrainingSchedule(0, 64, 2, 100_000, 20_000);
  }

  /** Images of one shard's batch. */
  public int shardBatch() {
    return batch / shards;
  }

  /** Steps that cover {@link #images}. */
  public long steps() {
    return (images + batch - 1) / batch;
  }
}
