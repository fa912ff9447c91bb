package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench attention}. */
@Command(
    name = "attention",
    description = "Attention in a program of ours against the same kernel called from PyTorch.")
final class AttentionBenchCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides = OverrideOptions.of(AttentionBenchRecipe.defaults());
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    AttentionBench.run(overrides.apply(AttentionBenchRecipe.defaults()), console.console());
    return 0;
  }
}
