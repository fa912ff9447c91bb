package dev.tessera.jobs.gallery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GalleryTest {

  @TempDir private java.nio.file.Path folder;

  /** A short training must come closer to the tree than a normal law of its moments does. */
  @Test
  void aRowIsTrainedDrawnAndMeasured() throws IOException {
    Libtorch.useThreads(1);
    GalleryRecipe recipe = new GalleryRecipe(150, 256, 1000, 48, 2, 5e-3, 1);
    List<Column> columns =
        Column.all().stream().filter(c -> Set.of("heun", "ddim").contains(c.name())).toList();
    Gallery.Drawn drawn;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      drawn = new Gallery(recipe, Objective.all().subList(0, 1), columns).run(runtime, line -> {});
    }
    assertThat(drawn.rows()).hasSize(1);
    assertThat(drawn.rows().get(0).distances()).hasSize(2);
    // A Gaussian of the same moments is .13 from the tree, two halves of the tree .03.
    assertThat(drawn.rows().get(0).distances()).allMatch(d -> d < 0.09);
    assertThat(drawn.floor()).isBetween(0.005, 0.06);
    GalleryFiles.write(drawn, folder);
    BufferedImage picture = ImageIO.read(folder.resolve("gallery.png").toFile());
    assertThat(picture.getWidth()).isGreaterThan(3 * 150);
    Set<Integer> colours = new HashSet<>();
    for (int x = 0; x < picture.getWidth(); x++) {
      for (int y = 0; y < picture.getHeight(); y++) {
        colours.add(picture.getRGB(x, y));
      }
    }
    assertThat(colours).as("points of many colours").hasSizeGreaterThan(20);
    assertThat(folder.resolve("gallery.md")).content().contains("| EDM |").contains("Floor");
  }

  /**
   * All fourteen, in a short training each: moments alone are worth {@code normal}, and with a
   * target of the wrong sign, or a level that the network is not told, not even they are learnt.
   * How levels are weighted hardly matters to this: weights are held by the losses themselves, in
   * {@code tessera verify}.
   */
  @Test
  void everyObjectiveLearnsMoreThanMoments() {
    Libtorch.useThreads(1);
    GalleryRecipe recipe = new GalleryRecipe(500, 128, 1000, 32, 2, 1e-2, 1);
    List<Column> columns =
        Column.all().stream().filter(c -> c.name().equals("euler-maruyama")).toList();
    List<String> lines = new ArrayList<>();
    Gallery.Drawn drawn;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      drawn = new Gallery(recipe, Objective.all(), columns).run(runtime, lines::add);
    }
    assertThat(drawn.normal()).isGreaterThan(2 * drawn.floor());
    assertThat(drawn.missed()).as("%s", lines).isEmpty();
  }

  /** The list behind recipes, commands and the gallery is the documentation's too. */
  @Test
  void everySamplerIsInTheDocumentationsTable() throws IOException {
    java.nio.file.Path page =
        java.nio.file.Path.of("").toAbsolutePath().getParent().resolve("docs/diffusion.md");
    String text = Files.readString(page);
    String table = text.substring(text.indexOf("| `sampler:` |"), text.indexOf("Grids: `karras`"));
    for (Column column : Column.all()) {
      assertThat(table).contains("`" + column.name() + "`");
    }
  }

  @Test
  void everySamplerIsAColumn() {
    assertThat(
            Column.all().stream()
                .map(c -> c.drawing().sampler().getClass())
                .collect(Collectors.toSet()))
        .isEqualTo(Set.of(Sampler.class.getPermittedSubclasses()));
  }

  @Test
  void everyKindOfChoiceIsInSomeRow() {
    List<Objective> rows = Objective.all();
    assertThat(rows.stream().map(o -> o.recipe().path().getClass()).collect(Collectors.toSet()))
        .isEqualTo(Set.of(Path.class.getPermittedSubclasses()));
    Set<Prediction> predictions =
        rows.stream().map(o -> o.recipe().prediction()).collect(Collectors.toSet());
    // A score that is not divided by the noise cannot be learnt where there is little of it.
    Set<Prediction> expected = new HashSet<>(Arrays.asList(Prediction.values()));
    expected.remove(Prediction.SCORE);
    assertThat(predictions).isEqualTo(expected);
    assertThat(rows).anyMatch(o -> o.recipe().loss() instanceof Loss.SlicedScore);
    assertThat(rows).anyMatch(o -> o.recipe().preconditioning() instanceof Preconditioning.Edm);
    assertThat(rows).anyMatch(o -> o.recipe().preconditioning() instanceof Preconditioning.Own);
    assertThat(rows).anyMatch(o -> o.recipe().preconditioning() instanceof Preconditioning.Vp);
    assertThat(rows).anyMatch(o -> o.recipe().preconditioning() instanceof Preconditioning.Iddpm);
  }

  @Test
  void theTreeIsTheSameWheneverItIsAsked() {
    Tree tree = new Tree(4);
    assertThat(new Tree(4).samples(100, 5)).isEqualTo(tree.samples(100, 5));
    assertThat(Arrays.copyOfRange(tree.samples(100, 5), 4, 6)).isEqualTo(tree.sample(102));
    assertThat(new Tree(5).sample(102)).isNotEqualTo(tree.sample(102));
  }
}
