package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench gpu-scaling}. */
@Command(name = "gpu-scaling", description = "Training on several GPUs of this host against one.")
final class GpuScalingCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides;
  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    GpuScalingBench.run(overrides.apply(GpuScalingRecipe.defaults()), console.console());
    return 0;
  }
}
