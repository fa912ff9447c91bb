package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a resumed run says before it goes on, through the real command. */
@ExtendWith(AtTheTerminal.class)
class ResumeTest {

  @TempDir private static Path folder;
  private static SmallChain chain;

  @BeforeAll
  static void train() throws IOException {
    chain = SmallChain.ingested(folder);
    assertThat(command("train-tokenizer", "--config", chain.tokenizerRecipe().toString()).code())
        .isZero();
  }

  private record Ended(int code, String error, String out) {}

  private static Ended command(String... words) {
    PrintStream out = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      AtTheTerminal.Ended ended = AtTheTerminal.run(words);
      return new Ended(ended.code(), ended.error(), bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
    }
  }

  private static Ended resumed(Path run, String... overrides) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "train-tokenizer",
                "--config",
                chain.tokenizerRecipe().toString(),
                "output.resume=" + run));
    words.addAll(List.of(overrides));
    return command(words.toArray(String[]::new));
  }

  /** The run as it was after its 16 images. */
  private static Path copy(String name) throws IOException {
    Path from = Path.of(chain.tokenizerRun());
    Path to = folder.resolve(name);
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Files.copy(path, to.resolve(from.relativize(path)));
      }
    }
    return to;
  }

  @Test
  void changedKeysAreToldWithWhatTheyMean() throws IOException {
    Path run = copy("changed");

    Ended ended =
        resumed(
            run,
            "schedule.images=32",
            "schedule.batch=16",
            "model.optimizer.learning-rate=7e-4",
            "model.adversary.optimizer.weight-decay=0.1",
            "preview.pictures=1",
            "output.keep-checkpoints=3");

    assertThat(ended.code()).as(ended.error()).isZero();
    String before = ended.out().substring(0, ended.out().indexOf("small-vqgan\n"));
    assertThat(before)
        .contains("going on after 16 images with a recipe that is not the checkpoint's:")
        .contains("schedule.images: 16 -> 32: the run ends there")
        .contains("schedule.batch: 8 -> 16: steps are of so many images from here on")
        .containsPattern("model.optimizer.learning-rate: \\S+ -> 7e-4: the rate from here on")
        .containsPattern("model.adversary.optimizer.weight-decay: \\S+ -> 0.1: holds from here on")
        .doesNotContain("preview")
        .doesNotContain("keep-checkpoints")
        .doesNotContain("resume");
    assertThat(before.lines().filter(line -> line.startsWith("  "))).hasSize(4);
  }

  @Test
  void anUnchangedRunThatIsAtItsEndSaysOnlyThat() throws IOException {
    Ended ended = resumed(copy("unchanged"));

    assertThat(ended.code()).as(ended.error()).isZero();
    assertThat(ended.out())
        .contains("has seen 16 images and schedule.images is 16: nothing is left to train")
        .doesNotContain("not the checkpoint's");
  }

  @Test
  void aRunOfDamagedCheckpointsBeginsFromZeroOnlyWhenToldSo() throws IOException {
    Path run = copy("damaged");
    Path weights = run.resolve("checkpoints/step-000000000016/parameters.safetensors");
    Files.delete(weights);

    Ended refused = resumed(run);
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.error())
        .contains("has trained on 16 images and no checkpoint of it can be read")
        .contains("step-000000000016", "parameters.safetensors", "output.start-anew=true");
    assertThat(run.resolve("checkpoints/step-000000000016")).isDirectory();

    Ended told = resumed(run, "output.start-anew=true");
    assertThat(told.code()).as(told.error()).isZero();
    assertThat(told.out()).contains("begins from zero: no checkpoint of it can be read (step-");
    assertThat(weights).isRegularFile();
    try (Stream<Path> kept = Files.list(run.resolve("checkpoints"))) {
      assertThat(kept.map(path -> path.getFileName().toString()).filter(n -> n.startsWith("_un")))
          .hasSize(1);
    }
    assertThat(Files.readString(run.resolve("config.yaml"))).contains("start-anew: false");
  }

  @Test
  void aRunKilledBeforeItsFirstCheckpointBeginsFromZeroAndSaysSo() throws IOException {
    Path run = copy("early");
    try (Stream<Path> paths = Files.walk(run.resolve("checkpoints"))) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }

    Ended ended = resumed(run);

    assertThat(ended.code()).as(ended.error()).isZero();
    assertThat(ended.out()).contains("has no checkpoint yet: it begins from zero");
  }
}
