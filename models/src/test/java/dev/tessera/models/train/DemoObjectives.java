package dev.tessera.models.train;

import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.nio.ByteBuffer;
import java.util.Map;

/** The families at the size of their default recipes, on pictures of 32 x 32. */
enum DemoObjectives {
  DIT {
    @Override
    Objective of(int shards, int shardBatch) {
      return new DiffusionObjective(
          new DiffusionModel(DiffusionRecipe.defaults(), Signal.latents(8, 8, 8, 0, 1), 10),
          shards,
          shardBatch,
          Segmentation.WHOLE);
    }
  },
  /** Its discriminator takes part from the second step. */
  VQGAN {
    @Override
    Objective of(int shards, int shardBatch) {
      VqganRecipe recipe = VqganRecipe.defaults();
      VqganRecipe.Adversary late = recipe.adversary();
      VqganRecipe.Adversary early =
          new VqganRecipe.Adversary(
              late.channels(), late.layers(), late.weight(), 1, late.optimizer());
      return new VqganObjective(
          new Vqgan(
              new VqganRecipe(
                  recipe.network(), recipe.codes(), recipe.losses(), early, recipe.optimizer()),
              32,
              32),
          shards,
          shardBatch);
    }
  };

  abstract Objective of(int shards, int shardBatch);

  /** Bytes that are numbers of every column's type: small floats, labels, pixels. */
  static void fill(int shard, long first, int count, Map<String, ByteBuffer> columns) {
    columns.forEach(
        (name, memory) -> {
          long state = Hash.of(shard, first);
          while (memory.hasRemaining()) {
            state = Hash.mix(state);
            switch (name) {
              case "latent" -> memory.putFloat((state >> 40) * 0x1p-23f);
              case "label" -> memory.putInt((int) (state & 7));
              default -> memory.put((byte) state);
            }
          }
        });
  }
}
