package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.config.RecipeWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file that users are told to start from. */
class RecipeFilesTest {

  static List<Path> files() throws IOException {
    Path folder = Path.of("").toAbsolutePath().getParent().resolve("conf/recipes");
    try (Stream<Path> paths = Files.list(folder)) {
      List<Path> files = paths.sorted().toList();
      assertThat(files).hasSizeGreaterThanOrEqualTo(2);
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
}
