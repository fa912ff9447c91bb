package dev.tessera.jobs.bench;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tessera bench NAME}. */
@Command(
    name = "bench",
    description = "Measure one thing, as a ratio to a peer on this machine.",
    subcommands = {
      TrainBenchCommand.class,
      TrainStepCommand.class,
      KernelsCommand.class,
      AllReduceCommand.class,
      ScalingCommand.class,
      GpuScalingCommand.class,
      TokenizeBenchCommand.class,
      EncodeBenchCommand.class,
      AttentionBenchCommand.class,
      UpdateBenchCommand.class,
      SamplerBenchCommand.class,
      EvaluateBenchCommand.class,
      GpuBenchCommand.class
    },
    synopsisSubcommandLabel = "NAME")
public final class BenchCommand implements Runnable {

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing NAME");
  }
}
