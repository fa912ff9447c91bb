package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench kernels}. */
@Command(
    name = "kernels",
    description = "Our operators on a GPU against the rate of a copy in its memory.")
final class KernelsCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides;
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    KernelBench.run(overrides.apply(KernelBenchRecipe.defaults()), console.console());
    return 0;
  }
}
