package dev.tessera.models.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.models.vqgan.VqganRecipe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Map;

/**
 * The families at the sizes of their default recipes and of the demo's, on pictures of 32 x 32. The
 * discriminators take part from the second step.
 */
enum SizedObjective {
  DEFAULT_DIT {
    @Override
    Objective of(int shards, int shardBatch) {
      return dit(BackboneRecipe.Dit.defaults(), 8, shards, shardBatch);
    }
  },
  DEFAULT_VQGAN {
    @Override
    Objective of(int shards, int shardBatch) {
      return vqgan(VqganRecipe.defaults(), shards, shardBatch);
    }
  },
  DEMO_DIT {
    @Override
    Objective of(int shards, int shardBatch) {
      ObjectNode backbone = (ObjectNode) model("dit-icons.yaml").get("backbone").deepCopy();
      backbone.remove("type");
      int latentWidth = model("vqgan-icons.yaml").at("/codes/width").intValue();
      ObjectNode all = YAML.valueToTree(BackboneRecipe.Dit.defaults());
      return dit(
          bound(all.setAll(backbone), BackboneRecipe.Dit.class), latentWidth, shards, shardBatch);
    }
  },
  DEMO_VQGAN {
    @Override
    Objective of(int shards, int shardBatch) {
      JsonNode model = model("vqgan-icons.yaml");
      JsonNode adversary = model.get("adversary");
      VqganRecipe.Adversary defaults = VqganRecipe.Adversary.defaults();
      return vqgan(
          new VqganRecipe(
              network(model.get("network")),
              bound(model.get("codes"), VqganRecipe.Codes.class),
              bound(model.get("losses"), VqganRecipe.Losses.class),
              new VqganRecipe.Adversary(
                  adversary.get("channels").intValue(),
                  adversary.get("layers").intValue(),
                  adversary.get("weight").doubleValue(),
                  1,
                  defaults.optimizer()),
              VqganRecipe.defaults().optimizer()),
          shards,
          shardBatch);
    }
  };

  private static final ObjectMapper YAML =
      YAMLMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.KEBAB_CASE).build();

  abstract Objective of(int shards, int shardBatch);

  private static Objective dit(
      BackboneRecipe.Dit backbone, int latentWidth, int shards, int shardBatch) {
    DiffusionRecipe defaults = DiffusionRecipe.defaults();
    DiffusionRecipe recipe = defaults.with(backbone);
    Signal signal = Signal.latents(latentWidth, 8, 8, 0, 1);
    return new DiffusionObjective(
        new DiffusionModel(recipe, signal, 8), shards, shardBatch, Segmentation.WHOLE);
  }

  private static VqganRecipe.Network network(JsonNode node) {
    ObjectNode all = YAML.valueToTree(VqganRecipe.Network.defaults());
    return bound(all.setAll((ObjectNode) node), VqganRecipe.Network.class);
  }

  private static Objective vqgan(VqganRecipe recipe, int shards, int shardBatch) {
    VqganRecipe.Adversary late = recipe.adversary();
    VqganRecipe.Adversary early =
        new VqganRecipe.Adversary(
            late.channels(), late.layers(), late.weight(), 1, late.optimizer(), late.form());
    VqganRecipe adversarial =
        new VqganRecipe(
            recipe.network(), recipe.codes(), recipe.losses(), early, recipe.optimizer());
    return new VqganObjective(new Vqgan(adversarial, 32, 32), shards, shardBatch);
  }

  /** The model of a recipe of {@code conf/recipes}, the files that the demo reads. */
  private static JsonNode model(String file) {
    try {
      return YAML.readTree(Path.of("..", "conf", "recipes", file).toFile()).get("model");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T bound(JsonNode node, Class<T> type) {
    return YAML.convertValue(node, type);
  }

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
