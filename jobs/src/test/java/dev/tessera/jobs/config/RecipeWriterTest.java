package dev.tessera.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecipeWriterTest {

  @Test
  void anyRecordComesBackEqual() {
    for (int seed = 0; seed < 600; seed++) {
      SampleRecipe recipe = SampleRecipe.random(new Random(seed));
      String yaml = RecipeWriter.write(recipe);

      SampleRecipe again = RecipeReader.parse(SampleRecipe.class, "x", yaml, List.of());

      assertThat(again).as("seed %d:%n%s", seed, yaml).isEqualTo(recipe);
      assertThat(RecipeWriter.write(again)).isEqualTo(yaml);
    }
  }

  @Test
  void aSealedRootNamesItsType() {
    SampleRecipe.Network network = new SampleRecipe.DiT(3, false);

    String yaml = RecipeWriter.write(SampleRecipe.Network.class, network);

    assertThat(yaml).isEqualTo("type: dit\ndepth: 3\nclass-conditional: false\n");
    assertThat(RecipeReader.parse(SampleRecipe.Network.class, "x", yaml, List.of()))
        .isEqualTo(network);
  }

  @Test
  void theTextIsWhatAPersonWouldWrite() {
    SampleRecipe recipe =
        new SampleRecipe(
            "icons",
            20_000,
            SampleRecipe.Precision.BF16_MIXED,
            new SampleRecipe.UNet(List.of(List.of(1, 2), List.of(4)), 0.1),
            new SampleRecipe.Optimizer(1e-4, 1e-8),
            List.of(1, 2, 4),
            List.of(new SampleRecipe.Stage("first", new SampleRecipe.Plain(), List.of())),
            Map.of("b", 1.0, "a", 0.25),
            Map.of("main", new SampleRecipe.Plain()),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());

    assertThat(RecipeWriter.write(recipe))
        .isEqualTo(
            """
            name: icons
            images: 20000
            precision: bf16-mixed
            network:
              type: unet
              channels: [[1, 2], [4]]
              dropout: 0.1
            optimizer:
              learning-rate: 1e-4
              epsilon: 1e-8
            multipliers: [1, 2, 4]
            stages:
              - kind: first
                marker: {}
                markers: []
            weights:
              a: 0.25
              b: 1.0
            heads:
              main:
                type: plain
            note: null
            critic: null
            teacher: null
            """);
  }
}
