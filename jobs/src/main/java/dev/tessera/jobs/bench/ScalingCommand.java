package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench scaling}. */
@Command(name = "scaling", description = "Two executors of one core against one.")
final class ScalingCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides;
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    ScalingBench.run(overrides.apply(ScalingRecipe.defaults()), console.console());
    return 0;
  }
}
