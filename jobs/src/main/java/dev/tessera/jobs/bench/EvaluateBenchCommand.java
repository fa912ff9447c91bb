package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench evaluate}. */
@Command(
    name = "evaluate",
    description = "Covariance and Frechet distance of many features against numpy and scipy.")
final class EvaluateBenchCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides = OverrideOptions.of(EvaluateBenchRecipe.defaults());
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    EvaluateBench.run(overrides.apply(EvaluateBenchRecipe.defaults()), console.console());
    return 0;
  }
}
