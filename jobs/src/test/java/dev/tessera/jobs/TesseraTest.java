package dev.tessera.jobs;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.UserException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

class TesseraTest {

  /** Commands and their flags: growth is a decision, made here. */
  private static final Map<String, Set<String>> COMMANDS =
      Map.ofEntries(
          entry("demo", Set.of()),
          entry("doctor", Set.of()),
          entry("plan", Set.of("--config")),
          entry(
              "ingest",
              Set.of(
                  "--input",
                  "--output",
                  "--overwrite",
                  "--include",
                  "--exclude",
                  "--heldout-files")),
          entry("train-tokenizer", Set.of("--config")),
          entry("tokenize", Set.of("--checkpoint", "--input", "--output")),
          entry("train", Set.of("--config")),
          entry("sample", Set.of("--checkpoint", "--output", "--count", "--seed", "--class")),
          entry(
              "evaluate",
              Set.of(
                  "--input",
                  "--reference",
                  "--reference-statistics",
                  "--features",
                  "--tokenizer",
                  "--classifier",
                  "--save-statistics")),
          entry("likelihood", Set.of("--checkpoint", "--input", "--count")),
          entry("verify", Set.of()),
          entry("ema", Set.of("--run", "--deviation", "--images")),
          entry("export", Set.of("--checkpoint", "--output")),
          entry("bench", Set.of()));

  /** What every command understands. */
  private static final Set<String> EVERYWHERE =
      Set.of("--help", "-h", "--version", "-V", "--debug", "--json");

  record Recipe(int steps) {}

  /** A command as the real ones are: it binds, calls a job and lets what goes wrong pass. */
  @Command(name = "practise", description = "A command of this test.")
  static final class Practise implements Callable<Integer> {
    @Mixin private RecipeOptions recipe;
    @Mixin private ConsoleOptions console;

    @Option(names = "--fail", defaultValue = "nothing")
    private String fail;

    @Override
    public Integer call() {
      switch (fail) {
        case "user" -> throw new UserException("ranks: 3 (expected: 1 to 2)");
        case "deep" ->
            throw new IllegalStateException(
                "Job aborted",
                new RuntimeException(new InvalidDatasetException("no pictures in x")));
        case "bug" -> throw new IllegalStateException("a bug\nof two lines");
        default ->
            console
                .console()
                .say("" + RecipeReader.read(Recipe.class, recipe, new Configuration()));
      }
      return 0;
    }
  }

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    Tessera root = new Tessera();
    CommandLine line = new CommandLine(root).addSubcommand(new Practise());
    return root.prepared(line, new PrintWriter(out, true), new PrintWriter(err, true))
        .execute(args);
  }

  private static CommandLine commands() {
    return new CommandLine(new Tessera());
  }

  @Test
  void commandsHaveExactlyTheirFlags() {
    Map<String, Set<String>> flags = new TreeMap<>();
    commands()
        .getSubcommands()
        .forEach(
            (name, command) -> {
              Set<String> own = new TreeSet<>();
              for (OptionSpec option : command.getCommandSpec().options()) {
                own.addAll(List.of(option.names()));
              }
              own.removeAll(EVERYWHERE);
              flags.put(name, own);
            });

    assertThat(flags).isEqualTo(COMMANDS);
  }

  @Test
  void everyFlagAndCommandSaysWhatItIsFor() {
    for (CommandLine command : commands().getSubcommands().values()) {
      assertThat(command.getCommandSpec().usageMessage().description()).isNotEmpty();
      for (ArgSpec argument : command.getCommandSpec().args()) {
        assertThat(argument.description()).as(argument.toString()).isNotEmpty();
      }
    }
  }

  @Test
  void aMistakeIsOneSentenceAndExitCodeTwo() {
    assertThat(run("practise", "--config", "x", "--fail", "user")).isEqualTo(2);
    assertThat(err).hasToString("tessera: ranks: 3 (expected: 1 to 2)" + System.lineSeparator());
  }

  @Test
  void aMistakeFoundByATaskIsToldTheSameWay() {
    assertThat(run("practise", "--config", "x", "--fail", "deep")).isEqualTo(2);
    assertThat(err).hasToString("tessera: no pictures in x" + System.lineSeparator());
  }

  @Test
  void debugShowsTheTraceOfAMistake() {
    assertThat(run("practise", "--config", "x", "--fail", "user", "--debug")).isEqualTo(2);
    assertThat(err.toString()).startsWith("tessera: ranks").contains("\tat dev.tessera");
    assertThat(run("--debug", "practise", "--config", "x", "--fail", "deep")).isEqualTo(2);
    assertThat(err.toString()).contains("Caused by");
  }

  @Test
  void aFailureHasExitCodeOneAndItsTrace() {
    assertThat(run("practise", "--config", "x", "--fail", "bug")).isEqualTo(1);
    assertThat(err.toString()).startsWith("tessera practise failed: a bug").contains("\tat ");
  }

  @Test
  void unknownWordsAreAnsweredWithTheNearest() {
    assertThat(run("practice")).isEqualTo(2);
    assertThat(run("practise", "--confg", "x")).isEqualTo(2);
    assertThat(run("practise")).isEqualTo(2);
    assertThat(run()).isEqualTo(2);

    assertThat(err.toString().lines())
        .containsExactly(
            "tessera: Unknown command: 'practice' (did you mean practise?); see"
                + " tessera --help",
            "tessera: Unknown option: '--confg' (did you mean --config?); see tessera practise"
                + " --help",
            "tessera: Missing required option: '--config=FILE'; see tessera practise --help",
            "tessera: Missing command; see tessera --help");
  }

  @Test
  void anOptionThatIsAKeyIsAnsweredWithTheKey() {
    Map<String, String> meant = new LinkedHashMap<>();
    meant.put("train --config x --resume runs/0009-x", "output.resume=runs/0009-x");
    meant.put("train --config x --resume=runs/0009-x", "output.resume=runs/0009-x");
    meant.put("train --resume runs/0009-x", "output.resume=runs/0009-x");
    meant.put(
        "train-tokenizer --config x --output.keep_checkpoints 3", "output.keep-checkpoints=3");
    meant.put("train --config x --start-anew name=y", "output.start-anew=true");
    meant.put("plan --config x --resume", "output.resume=VALUE");
    meant.put("tokenize --checkpoint x --input y --output z --overwrite", "overwrite=true");
    meant.put("sample --checkpoint x --output z --guidance 3", "guidance=3");
    meant.put("ingest --input x --output y --class-per-folder", "class-per-folder=true");
    meant.forEach(
        (command, key) -> {
          err.getBuffer().setLength(0);
          assertThat(run(command.split(" "))).isEqualTo(2);
          assertThat(err.toString())
              .startsWith("tessera: Unknown option: '--")
              .contains("(did you mean " + key + "?); see tessera ")
              .doesNotContain("spark-submit");
        });
    err.getBuffer().setLength(0);
    assertThat(run("train", "--config", "x", "--no-such-key", "3")).isEqualTo(2);
    assertThat(err.toString()).doesNotContain("did you mean");
  }

  @Test
  void aRecipesMistakesComeThroughTheCommandLine() {
    assertThat(run("practise", "--config", "no-such.yaml", "steps=3")).isEqualTo(2);
    assertThat(err.toString()).contains("no-such.yaml: no such recipe");
  }

  @Test
  void helpListsTheKeysOfTheCommandItself() {
    assertThat(run("ingest", "--help")).isZero();
    assertThat(out.toString())
        .contains(
            "  size=32",
            "  class-per-folder=false",
            "  crop=center  (center, pad, none, stretch)",
            "  overwrite=false")
        .doesNotContain("guidance", "  input=");
    out.getBuffer().setLength(0);
    assertThat(run("sample", "--help")).isZero();
    assertThat(out.toString())
        .contains("  guidance=null", "  partitions=0", "  overwrite=false")
        .doesNotContain("size=");
    out.getBuffer().setLength(0);
    assertThat(run("tokenize", "--help")).isZero();
    assertThat(out.toString()).contains("  partitions=0", "  device=cpu", "  precision=fp32");
    out.getBuffer().setLength(0);
    assertThat(run("demo", "--help")).isZero();
    assertThat(out.toString()).contains("  samples=400", "  work=runs/demo");
    out.getBuffer().setLength(0);
    assertThat(run("train", "--help")).isZero();
    assertThat(out.toString()).contains("schedule.images=20000");
  }

  @Test
  void helpAndVersionAreNoErrors() {
    assertThat(run("--help")).isZero();
    assertThat(run("practise", "--help")).isZero();
    assertThat(run("--version")).isZero();
    assertThat(out.toString())
        .contains("key=value", "--debug", "tessera (from classes)")
        .contains(
            "tessera COMMAND [options of spark-submit] [options of the command] [key=value\n...]")
        .contains("--json (one JSON object a line")
        .contains("Usage: tessera practise ");
    assertThat(err.toString()).isEmpty();
  }
}
