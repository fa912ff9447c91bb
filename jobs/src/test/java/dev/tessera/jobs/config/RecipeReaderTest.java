package dev.tessera.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeReaderTest {

  enum Law {
    NORMAL,
    UNIFORM
  }

  sealed interface Sampler permits Heun, Euler {}

  record Heun(int steps, double churn) implements Sampler {
    static Heun defaults() {
      return new Heun(18, 0);
    }
  }

  record Euler(int steps) implements Sampler {}

  record Optimizer(double learningRate, int warmup) {
    Optimizer {
      if (learningRate <= 0) {
        throw new IllegalArgumentException(
            "learningRate: " + learningRate + " (expected: above 0)");
      }
      if (warmup > 10 && learningRate > 1) {
        throw new IllegalArgumentException("A long warmup needs a small rate");
      }
    }

    static Optimizer defaults() {
      return new Optimizer(1e-3, 5);
    }
  }

  record Training(
      long images,
      int batch,
      boolean ema,
      Law law,
      Optimizer optimizer,
      Sampler sampler,
      List<Integer> widths,
      Optional<Integer> classes) {}

  /** Its optimizer's default is not the optimizer's own. */
  record Tuned(String name, Optimizer optimizer) {
    static Tuned defaults() {
      return new Tuned("tuned", new Optimizer(0.5, 7));
    }
  }

  private static final String GOOD =
      """
      images: 20_000
      batch: 64
      ema: true
      law: normal
      sampler: heun
      widths: [1, 2]
      """;

  private static <T> T parse(Class<T> type, String yaml, String... overrides) {
    return RecipeReader.parse(type, "r.yaml", yaml, List.of(overrides));
  }

  private static String mistake(Class<?> type, String yaml, String... overrides) {
    try {
      return "no mistake: " + parse(type, yaml, overrides);
    } catch (UserException e) {
      return e.getMessage();
    }
  }

  @Test
  void bindsKeysDefaultsAndShortForms() {
    assertThat(parse(Training.class, GOOD))
        .isEqualTo(
            new Training(
                20_000,
                64,
                true,
                Law.NORMAL,
                new Optimizer(1e-3, 5),
                new Heun(18, 0),
                List.of(1, 2),
                Optional.empty()));
  }

  @Test
  void overridesWinOverTheFileAndLaterOnesOverEarlier() {
    Training training =
        parse(
            Training.class,
            GOOD,
            "optimizer.learning-rate=3e-4",
            "sampler.steps=9",
            "sampler.steps=10",
            "widths.1=7",
            "classes=10",
            "ema=false");

    assertThat(training.optimizer()).isEqualTo(new Optimizer(3e-4, 5));
    assertThat(training.sampler()).isEqualTo(new Heun(10, 0));
    assertThat(training.widths()).containsExactly(1, 7);
    assertThat(training.classes()).contains(10);
    assertThat(training.ema()).isFalse();
  }

  @Test
  void anOverrideMayReplaceAWholeGroup() {
    assertThat(parse(Training.class, GOOD, "sampler={type: euler, steps: 4}").sampler())
        .isEqualTo(new Euler(4));
  }

  @Test
  void aGroupTakesWhatItLeavesOutFromTheEnclosingDefault() {
    assertThat(parse(Tuned.class, "optimizer: {warmup: 1}").optimizer())
        .isEqualTo(new Optimizer(0.5, 1));
    assertThat(parse(Tuned.class, "")).isEqualTo(Tuned.defaults());
  }

  @Test
  void reportsEveryMistakeAtOnceWithItsPlace() {
    String yaml =
        """
        imagse: 5
        batch: many
        ema: yes
        law: normall
        optimizer:
          learning-rate: -1
        sampler:
          type: hen
        widths: 3
        warmup: 4
        batch: 8
        """;

    assertThat(mistake(Training.class, yaml, "optimizer.wramup=2", "nonsense"))
        .isEqualTo(
            """
            r.yaml: 11 mistakes
              r.yaml:11: batch: written twice (expected: once)
              command line: nonsense (expected: key=value)
              r.yaml:1: imagse: unknown key (did you mean images?)
              r.yaml:10: warmup: unknown key (did you mean optimizer.warmup?)
              r.yaml:1: images: missing (expected: a whole number up to 9223372036854775807)
              r.yaml:3: ema: yes (expected: true or false)
              r.yaml:4: law: normall (expected: one of: normal, uniform; nearest: normal)
              command line: optimizer.wramup: unknown key (did you mean warmup?)
              r.yaml:6: optimizer.learning-rate: -1.0 (expected: above 0)
              r.yaml:8: sampler.type: hen (expected: one of: heun, euler; nearest: heun)
              r.yaml:9: widths: 3 (expected: a list: [3])""");
  }

  @Test
  void aRefusalOfTheWholeGroupNamesTheGroup() {
    assertThat(mistake(Tuned.class, "optimizer: {learning-rate: 2, warmup: 11}"))
        .isEqualTo("r.yaml:1: optimizer: A long warmup needs a small rate");
  }

  @Test
  void aNumberThatDoesNotFitIsRefused() {
    for (String bad : List.of("3000000000", "1.5", "010", "0x10", "1e3", "''", "[1]", "", "1__0")) {
      assertThat(mistake(Training.class, GOOD, "batch=" + bad))
          .as(bad)
          .startsWith("command line: batch: ")
          .endsWith(" (expected: a whole number up to 2147483647)");
    }
    for (String bad : List.of("1d", "0x1p3", "NaN", "Infinity", "1,5", "--1", "1e", ".")) {
      assertThat(mistake(Training.class, GOOD, "optimizer.learning-rate=" + bad))
          .as(bad)
          .endsWith("(expected: a number)");
    }
  }

  @Test
  void aSealedTypeWithoutChoiceListsTheChoices() {
    assertThat(mistake(Training.class, GOOD, "sampler={steps: 4}"))
        .isEqualTo("command line: sampler.type: missing (expected one of: heun, euler)");
  }

  @Test
  void textThatIsNotYamlIsOneMistake() {
    assertThat(mistake(Training.class, "a: [1\nb: }")).startsWith("r.yaml:2: not YAML: ");
    assertThat(mistake(Training.class, "[1, 2]"))
        .isEqualTo("r.yaml:1: a list (expected: a group of keys)");
    assertThat(mistake(Training.class, GOOD + "---\na: 1\n")).contains("a second document");
    assertThat(mistake(Tuned.class, "name: &a x\noptimizer: *a\n")).contains("not an alias");
  }

  @Test
  void aRecipeWithoutAFileIsChangedByOverridesAlone() {
    Tuned base = new Tuned("x", new Optimizer(0.25, 3));

    assertThat(RecipeReader.override(base, List.of("optimizer.warmup=4")))
        .isEqualTo(new Tuned("x", new Optimizer(0.25, 4)));
    assertThat(RecipeReader.override(base, List.of())).isEqualTo(base);
    assertThatThrownBy(() -> RecipeReader.override(base, List.of("nmae=y")))
        .hasMessage("command line: nmae: unknown key (did you mean name?)");
  }

  @Test
  void theListHasNoSuchPlace() {
    assertThat(mistake(Training.class, GOOD, "widths.2=1"))
        .isEqualTo("command line: widths.2: 2 (expected: a place in the list, 0 to 1)");
  }

  @Test
  void readsAFileAndNamesOneThatIsMissing(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("r.yaml"), GOOD);

    assertThat(
            RecipeReader.read(Training.class, file.toString(), new Configuration(), List.of())
                .batch())
        .isEqualTo(64);
    assertThatThrownBy(
            () ->
                RecipeReader.read(
                    Training.class, folder + "/no.yaml", new Configuration(), List.of()))
        .isInstanceOf(UserException.class)
        .hasMessage(folder + "/no.yaml: no such recipe (expected: a YAML file)");
  }

  @Test
  void aTypeThatNoRecipeHoldsIsAProgrammersError() {
    record Bad(java.time.Duration pause) {}
    assertThatThrownBy(() -> parse(Bad.class, "pause: 3"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("pause: java.time.Duration");
  }
}
