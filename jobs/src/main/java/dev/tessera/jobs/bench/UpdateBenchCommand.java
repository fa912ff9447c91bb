package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench optimizer}. */
@Command(
    name = "optimizer",
    description = "The update of a step against the memory's bandwidth and PyTorch's fused AdamW.")
final class UpdateBenchCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides = OverrideOptions.of(UpdateBenchRecipe.defaults());
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    UpdateBench.run(overrides.apply(UpdateBenchRecipe.defaults()), console.console());
    return 0;
  }
}
