package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.Hash;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Scope;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Target;
import dev.tessera.models.optimizer.Adam;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.optimizer.Muon;
import dev.tessera.models.optimizer.RmsProp;
import dev.tessera.models.optimizer.Rule;
import dev.tessera.models.optimizer.Sgd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * What an update's program is, to the letter, in all combinations of its parts: rebuilding must not
 * change what is computed. A change that is meant replaces the file by what the test leaves in
 * {@code target}.
 */
class UpdateTextsTest {

  private static final Path KEPT = Path.of("src/test/resources/update-texts.txt");

  @Test
  void updatesAreAsTheyWere() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Rule rule : rules()) {
      for (Optional<EmaRecipe> ema : averages()) {
        for (double clip : new double[] {0, 1}) {
          for (double decay : new double[] {0, 0.1}) {
            for (Optional<LossScaleRecipe> scaling :
                List.of(
                    Optional.<LossScaleRecipe>empty(), Optional.of(LossScaleRecipe.defaults()))) {
              for (Target target : Target.values()) {
                OptimizerRecipe optimizer =
                    new OptimizerRecipe(rule, 1e-3).withClip(clip).withDecay(decay);
                Program program =
                    Update.trace(new Group(layout(), optimizer, ema), scaling, target);
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "%s ema %s clip %s decay %s scaled %s %s: %016x",
                        rule,
                        ema.map(EmaRecipe::names).orElse(List.of()),
                        clip,
                        decay,
                        scaling.isPresent(),
                        target,
                        Hash.of(program.text() + program.inputs() + program.outputs())));
              }
            }
          }
        }
      }
    }
    Path now = Path.of("target/update-texts.txt");
    Files.createDirectories(now.getParent());
    Files.write(now, lines);

    assertThat(lines).isEqualTo(Files.readAllLines(KEPT));
  }

  private static List<Rule> rules() {
    return List.of(
        AdamW.defaults(),
        Adam.defaults(),
        Sgd.defaults(),
        new Sgd(0, false, 0.01),
        RmsProp.defaults(),
        Muon.defaults());
  }

  private static List<Optional<EmaRecipe>> averages() {
    return List.of(
        Optional.empty(),
        Optional.of(EmaRecipe.defaults()),
        Optional.of(new EmaRecipe.PowerFunction(List.of(0.05, 0.1))));
  }

  private static Layout layout() {
    Scope scope = Scope.group("network");
    scope.matrix("embedding", Shape.of(5, 8), new Initializer.Uniform(1));
    Scope block = scope.segment("block");
    block.stacked(3).matrix("qkv", Shape.of(24, 8), new Initializer.Uniform(1));
    block.vector("bias", Shape.of(1024), new Initializer.Uniform(1));
    block.unitRows("unit", Shape.of(6, 4, 3, 3));
    scope.segment("last").matrix("kernel", Shape.of(4, 8, 3, 3), new Initializer.Uniform(1));
    return scope.layout();
  }
}
