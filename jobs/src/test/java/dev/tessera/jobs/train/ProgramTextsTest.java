package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.models.diffusion.DiffusionFamily;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Target;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.Phase;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/**
 * What every recipe's programs are, to the letter: rebuilding must not change what is computed. A
 * change that is meant replaces the file by what the test leaves in {@code target}.
 */
class ProgramTextsTest {

  private static final Path KEPT = Path.of("src/test/resources/program-texts.txt");

  private final List<String> lines = new ArrayList<>();

  @Test
  void programsOfAllRecipesAreAsTheyWere() throws IOException {
    for (Path file : RecipeFilesTest.files()) {
      Recipe recipe =
          RecipeReader.parse(Recipe.class, file.toString(), Files.readString(file), List.of());
      if (recipe instanceof Recipe.Tokenizer tokenizer) {
        int side = recipe.name().equals("vqgan-f16") ? 256 : 32;
        Family family = new VqganFamily(tokenizer.model(), side, side);
        training(recipe, family);
        drawing(recipe.name(), new Vqgan(tokenizer.model(), side, side));
      } else {
        Recipe.Diffusion diffusion = (Recipe.Diffusion) recipe;
        Signal signal = signal(recipe.name());
        Family family = new DiffusionFamily(diffusion.model(), signal, 10);
        training(recipe, family);
        drawing(recipe.name(), new DiffusionModel(diffusion.model(), signal, 10));
      }
    }
    Path now = Path.of("target/program-texts.txt");
    Files.createDirectories(now.getParent());
    Files.write(now, lines);

    assertThat(lines).isEqualTo(Files.readAllLines(KEPT));
  }

  private static Signal signal(String recipe) {
    return switch (recipe) {
      case "edm-cifar10", "ncsn-cifar10" -> Signal.pixels(32, 32);
      case "fashion-ddpm-v", "fashion-edm", "fashion-flow", "fashion-vp" -> Signal.pixels(28, 28);
      case "adm-imagenet64" -> Signal.pixels(64, 64);
      case "edm2-xs" -> Signal.latents(4, 64, 64, 0.3, 1.2);
      case "dit-s-2" -> Signal.latents(4, 16, 16, 0.3, 1.2);
      case "dit-icons" -> Signal.latents(16, 8, 8, 0.3, 1.2);
      default -> Signal.latents(4, 32, 32, 0.3, 1.2);
    };
  }

  private void training(Recipe recipe, Family family) {
    lines.add(recipe.name() + " architecture " + family.architecture());
    for (Target target : Target.values()) {
      Objective objective = family.objective(recipe.schedule(), target);
      for (Phase phase : objective.phases()) {
        String name = recipe.name() + " " + target.name().toLowerCase(Locale.ROOT);
        add(name + " " + phase.name(), phase.gradient());
        phase.stateUpdate().ifPresent(u -> add(name + " state of " + phase.name(), u.program()));
      }
    }
  }

  private void drawing(String recipe, Vqgan model) {
    add(recipe + " exported", model.tokenizer(2));
    for (Target target : Target.values()) {
      String name = recipe + " " + target.name().toLowerCase(Locale.ROOT);
      add(name + " tokenizer", model.tokenizer(2, Precision.BF16, target));
      add(name + " encoder", model.encoder(2, Precision.FP32, target));
      add(name + " decoder", model.decoder(2, target));
    }
  }

  private void drawing(String recipe, DiffusionModel model) {
    add(recipe + " exported", model.exported(2));
    add(recipe + " stored", model.stored(2));
    add(recipe + " probed", model.probed(2));
    for (Target target : Target.values()) {
      String name = recipe + " " + target.name().toLowerCase(Locale.ROOT);
      add(name + " denoiser", model.denoiser(2, false, true, target));
      if (model.classes() > 0) {
        add(name + " guided", model.denoiser(2, true, false, target));
      }
    }
  }

  private void add(String name, Program program) {
    lines.add(
        String.format(
            Locale.ROOT,
            "%s %016x flops %.6e working %d",
            name,
            Hash.of(program.text() + program.inputs() + program.outputs()),
            program.flops(),
            program.workingBytes()));
  }
}
