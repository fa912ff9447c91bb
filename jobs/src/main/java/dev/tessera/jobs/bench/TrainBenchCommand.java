package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera bench train --config R}: the speed of one rank's steps, and of its peers'. */
@Command(
    name = "train",
    description = "Training steps of a recipe on random data, one rank, against PyTorch.")
final class TrainBenchCommand implements Callable<Integer> {

  @Mixin private RecipeOptions recipes;
  @Mixin private ConsoleOptions console;

  @Option(
      names = "--channels",
      description = "Channels of latents; 0 for pictures.",
      defaultValue = "0")
  private int channels;

  @Option(
      names = "--side",
      description = "Height and width of a latent or picture.",
      defaultValue = "32")
  private int side;

  @Option(names = "--classes", description = "Classes of the labels.", defaultValue = "10")
  private int classes;

  @Option(names = "--warm-up", description = "Steps not measured.", defaultValue = "10")
  private int warmUp;

  @Option(
      names = "--rounds",
      description = "Rounds; the median of their means is what counts.",
      defaultValue = "5")
  private int rounds;

  @Option(names = "--steps", description = "Steps of a round.", defaultValue = "10")
  private int steps;

  @Option(
      names = "--parts",
      description = "On a GPU: steps without a CUDA graph, for the time in each part; 0 for none.",
      defaultValue = "5")
  private int parts;

  @Option(
      names = "--peer",
      description = "Measure the same model in PyTorch too: eager, compile, reduce-overhead.")
  private boolean peer;

  @Option(
      names = "--peers",
      split = ",",
      paramLabel = "PEER",
      description = "As --peer, these alone: ${COMPLETION-CANDIDATES}.",
      converter = PeerMode.Converter.class,
      completionCandidates = PeerMode.Labels.class)
  private List<PeerMode> peers = new ArrayList<>();

  @Option(
      names = "--peer-precision",
      description = "fp32, tf32, fp16 or bf16; else the recipe's own.")
  private String peerPrecision;

  @Option(
      names = "--peer-limit",
      description = "Seconds that each peer, and ours beside them, may take.",
      defaultValue = "240")
  private int peerLimit;

  @Option(names = "--output", description = "File of the results, JSON.")
  private Path output = Path.of("runs/bench/train.json");

  @Override
  public Integer call() throws Exception {
    Recipe recipe = recipes.readLocal(Recipe.class);
    TrainMeasure.DataSize size = new TrainMeasure.DataSize(channels, side, classes);
    TrainMeasure.Pace pace = new TrainMeasure.Pace(warmUp, rounds, steps, parts);
    List<PeerMode> asked = asked();
    Optional<PythonPeer> python =
        asked.isEmpty() ? Optional.empty() : PythonPeer.find(console.console());
    if (python.isEmpty()) {
      new TrainRun(new TrainMeasure(recipe, size, pace), recipes.describe(), output)
          .run(console.console());
    } else {
      TrainPeers rivals = new TrainPeers(recipe, size, pace, Optional.ofNullable(peerPrecision));
      compare(rivals.runs(asked), python.get(), console.console());
    }
    return 0;
  }

  private List<PeerMode> asked() {
    if (!peers.isEmpty()) {
      return peers;
    }
    return peer ? List.of(PeerMode.EAGER, PeerMode.COMPILE, PeerMode.REDUCE_OVERHEAD) : List.of();
  }

  /** Ours in a process of its own, which has given back the device when the peers come. */
  private void compare(List<PeerRun> rivals, PythonPeer python, Console out) throws IOException {
    Files.deleteIfExists(output);
    Subprocess ours = new Subprocess(ChildJvm.alike(BenchMain.class, alone()), Map.of(), peerLimit);
    Optional<String> failure = ours.watch().failure();
    if (!Files.exists(output)) {
      throw new UserException(
          "Nothing was measured, see above; its process " + failure.orElse("wrote nothing") + ".");
    }
    BenchReport report = BenchReport.resume(output, out);
    failure.ifPresent(reason -> report.line("ours ended early: " + reason));
    new PeerComparison(report, report.rows().get(0)).run(rivals, python, peerLimit, output);
    report.write(output);
  }

  /** This command line without its peers. */
  private List<String> alone() {
    List<String> words = new ArrayList<>(List.of("train", "--config", recipes.config()));
    words.addAll(recipes.overrides());
    words.addAll(List.of("--channels", "" + channels, "--side", "" + side));
    words.addAll(List.of("--classes", "" + classes, "--warm-up", "" + warmUp));
    words.addAll(List.of("--rounds", "" + rounds, "--steps", "" + steps, "--parts", "" + parts));
    words.addAll(List.of("--output", output.toString()));
    if (console.console().mode() == Console.Mode.JSON) {
      words.add("--json");
    }
    return words;
  }
}
