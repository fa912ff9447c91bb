package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench sampler}. */
@Command(
    name = "sampler",
    description = "What each sampler takes beside the calls of its network, on the CPU.")
final class SamplerBenchCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides = OverrideOptions.of(SamplerBenchRecipe.defaults());
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    SamplerBench.run(overrides.apply(SamplerBenchRecipe.defaults()), console.console());
    return 0;
  }
}
