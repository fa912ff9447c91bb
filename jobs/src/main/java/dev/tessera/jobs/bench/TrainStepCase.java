package dev.tessera.jobs.bench;

import dev.tessera.jobs.demo.DemoRecipe;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.train.Objective;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.util.Map;

/** The models whose training step is measured: the demo's. */
public enum TrainStepCase {

  /** The diffusion transformer on latents of 4 x 8 x 8, five classes. */
  DIT("dit") {
    @Override
    Objective objective(int shards, int shardBatch) {
      Signal signal = Signal.latents(4, 8, 8, 0.1, 0.8);
      DiffusionModel model = new DiffusionModel(DIFFUSION, signal, CLASSES);
      return new DiffusionObjective(model, shards, shardBatch, Segmentation.WHOLE);
    }

    @Override
    Map<String, Object> setup() {
      return Map.of("recipe", DIFFUSION, "classes", CLASSES, "shift", 0.1, "scale", 0.8);
    }
  },

  /** The VQGAN on pictures of 32 x 32 before its discriminator takes part. */
  VQGAN("vqgan") {
    @Override
    Objective objective(int shards, int shardBatch) {
      return vqgan(shards, shardBatch);
    }

    @Override
    Map<String, Object> setup() {
      return Map.of("recipe", TOKENIZER);
    }
  },

  /** The same with its discriminator. */
  VQGAN_ADVERSARIAL("vqgan-adversarial") {
    @Override
    Objective objective(int shards, int shardBatch) {
      return vqgan(shards, shardBatch);
    }

    @Override
    Map<String, Object> setup() {
      return VQGAN.setup();
    }

    @Override
    long firstImages() {
      return TOKENIZER.adversary().startImages();
    }
  };

  private static final int SIDE = 32;
  static final int CLASSES = 5;
  private static final DiffusionRecipe DIFFUSION = DemoRecipe.defaults().diffusion().model();
  private static final VqganRecipe TOKENIZER = DemoRecipe.defaults().tokenizer().model();

  private final String label;

  TrainStepCase(String label) {
    this.label = label;
  }

  /** As the command line and the peer's script call it. */
  String label() {
    return label;
  }

  /** What is trained. */
  abstract Objective objective(int shards, int shardBatch);

  /** What the peer must know beside the weights. */
  abstract Map<String, Object> setup();

  /** Images seen when the measured part of training begins. */
  long firstImages() {
    return 0;
  }

  private static Objective vqgan(int shards, int shardBatch) {
    return new VqganObjective(new Vqgan(TOKENIZER, SIDE, SIDE), shards, shardBatch);
  }
}
