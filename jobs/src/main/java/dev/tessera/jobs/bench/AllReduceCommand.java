package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench allreduce}. */
@Command(
    name = "allreduce",
    description = "Allreduce between processes against PyTorch's Gloo or NCCL.")
final class AllReduceCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides;
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    AllReduceBench.run(overrides.apply(AllReduceRecipe.defaults()), console.console());
    return 0;
  }
}
