package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.models.diffusion.DiffusionFamily;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file that users are told to start from. */
class RecipeFilesTest {

  static List<Path> files() throws IOException {
    Path folder = Path.of("").toAbsolutePath().getParent().resolve("conf/recipes");
    try (Stream<Path> paths = Files.list(folder)) {
      List<Path> files = paths.sorted().toList();
      assertThat(files).hasSizeGreaterThanOrEqualTo(6);
      return files;
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void aRecipeIsReadAndIsNamedAsItsFile(Path file) throws IOException {
    Recipe recipe =
        RecipeReader.parse(Recipe.class, file.toString(), Files.readString(file), List.of());

    assertThat(file.getFileName()).hasToString(recipe.name() + ".yaml");
    assertThat(recipe.schedule().shards() % recipe.ranks().count()).isZero();
  }

  @ParameterizedTest
  @MethodSource("files")
  void aResolvedRecipeMeansTheSame(Path file) throws IOException {
    Recipe recipe =
        RecipeReader.parse(Recipe.class, file.toString(), Files.readString(file), List.of());
    String resolved = RecipeWriter.write(Recipe.class, recipe);

    assertThat(RecipeReader.parse(Recipe.class, "resolved", resolved, List.of())).isEqualTo(recipe);
  }

  @ParameterizedTest
  @CsvSource({
    "edm-cifar10.yaml, 0, 32, 55733891",
    "dit-b-2.yaml, 4, 32, 130401808",
    "dit-s-2.yaml, 4, 16, 32834320",
    "dit-xl-2.yaml, 4, 32, 675129632",
    "ncsn-cifar10.yaml, 0, 32, 56397827",
    "adm-imagenet64.yaml, 0, 64, 295899267",
    "edm2-xs.yaml, 4, 64, 124713253",
  })
  void aModelOfThatDataHasItsParameters(String file, int channels, int side, long parameters)
      throws IOException {
    Recipe.Diffusion recipe = (Recipe.Diffusion) read(file);
    Signal signal =
        channels == 0 ? Signal.pixels(side, side) : Signal.latents(channels, side, side, 0, 1);
    Objective objective =
        new DiffusionFamily(recipe.model(), signal, 1000)
            .objective(recipe.schedule(), recipe.ranks().target());

    assertThat(StepCost.of(objective, recipe.schedule()).allParameters()).isEqualTo(parameters);
  }

  @Test
  void theTokenizerOfFactorSixteenMakesSixteenTimesSixteenCodes() throws IOException {
    Recipe.Tokenizer recipe = (Recipe.Tokenizer) read("vqgan-f16.yaml");
    Vqgan model = new Vqgan(recipe.model(), 256, 256);

    assertThat(model.latentShape()).isEqualTo(Shape.of(256, 16, 16));
    Objective objective =
        new VqganFamily(recipe.model(), 256, 256)
            .objective(recipe.schedule(), recipe.ranks().target());
    assertThat(objective.phases()).hasSize(3);
  }

  /** DiT's own signal to noise: abar Var(x0) / (1 - abar), of latents of any deviation. */
  @Test
  void ditTrainsAtItsAuthorsNoiseLevels() throws IOException {
    Recipe.Diffusion recipe = (Recipe.Diffusion) read("dit-xl-2.yaml");
    double stored = 5.3;
    double seen = stored / Signal.latents(4, 32, 32, 0.7, stored).units(recipe.model().sigmaData());
    // The five hundredth, as DDPM counts them.
    double sigma = ((Discrete) recipe.model().path()).sigmas()[499];

    assertThat(seen * seen / (sigma * sigma)).isCloseTo(0.0853, within(5e-5));
  }

  @ParameterizedTest
  @CsvSource({
    "edm-cifar10.yaml",
    "ncsn-cifar10.yaml",
    "adm-imagenet64.yaml",
    "edm2-xs.yaml",
    "dit-b-2.yaml"
  })
  void edmsNoiseIsForItsDeviationOfData(String file) throws IOException {
    assertThat(((Recipe.Diffusion) read(file)).model().sigmaData()).isEqualTo(0.5);
  }

  private static Recipe read(String name) throws IOException {
    Path file = files().stream().filter(path -> path.endsWith(name)).findFirst().orElseThrow();
    return RecipeReader.parse(Recipe.class, name, Files.readString(file), List.of());
  }
}
