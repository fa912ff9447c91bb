package dev.tessera.jobs.verify;

import dev.tessera.jobs.gallery.GalleryCommand;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.collective.Algorithm;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera verify}: exit code 0 when every closed form is met, 1 when one is not. */
@Command(
    name = "verify",
    description = {
      "Hold coordinates, samplers, likelihood, objectives and sums to their closed forms.",
      "With a NAME, one case of them."
    },
    subcommands = {
      VerifySamplerCommand.class,
      VerifyLikelihoodCommand.class,
      VerifyAllReduceCommand.class,
      GalleryCommand.class
    },
    synopsisSubcommandLabel = "[NAME]")
public final class VerifyCommand implements Callable<Integer> {

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    Console out = console.console();
    long start = System.nanoTime();
    int failed = 0;
    int all = 0;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      for (Verdict verdict : verdicts(runtime)) {
        say(out, verdict);
        failed += verdict.passes() ? 0 : 1;
        all++;
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (out.mode() == Console.Mode.JSON) {
      out.result("verify", Map.of("verdicts", all, "failed", failed, "seconds", seconds));
    } else {
      out.say(
          String.format(Locale.ROOT, "verify  %d of %d hold  %.1f s", all - failed, all, seconds));
    }
    return failed == 0 ? 0 : 1;
  }

  private static void say(Console out, Verdict verdict) {
    if (out.mode() == Console.Mode.JSON) {
      out.result("verdict", verdict.fields());
    } else {
      out.say(verdict.line());
    }
  }

  private static List<Verdict> verdicts(TorchRuntime runtime) {
    List<Verdict> verdicts = new ArrayList<>(CoordinateChecks.run());
    verdicts.addAll(SamplerChecks.run(new Experiment(runtime)));
    verdicts.addAll(LawChecks.run(new Experiment(runtime)));
    verdicts.addAll(LikelihoodChecks.run(runtime));
    verdicts.addAll(ObjectiveChecks.run(runtime));
    // Last: after this, threads of others than this one have used libtorch's BLAS.
    for (Algorithm algorithm : List.of(Algorithm.RING, Algorithm.TREE)) {
      for (int ranks : new int[] {2, 3, 8}) {
        AllReduceCase of = new AllReduceCase(ranks, 1001, algorithm);
        verdicts.addAll(AllReduceTrial.run(runtime, of).verdicts());
      }
    }
    verdicts.addAll(
        AllReduceTrial.run(runtime, new AllReduceCase(5, 3, Algorithm.RING)).verdicts());
    return verdicts;
  }
}
