package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench train-step}. */
@Command(name = "train-step", description = "Training steps against PyTorch eager.")
final class TrainStepCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides;
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    TrainStepBench.run(overrides.apply(TrainStepRecipe.defaults()), console.console());
    return 0;
  }
}
