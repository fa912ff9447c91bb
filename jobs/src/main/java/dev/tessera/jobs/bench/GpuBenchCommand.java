package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.ConsoleOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tessera bench gpu}. */
@Command(name = "gpu", description = "A list of benchmarks, one after another, held to their bars.")
final class GpuBenchCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;
  @Mixin private ConsoleOptions console;

  @Option(names = "--list", description = "The list, a YAML file.", paramLabel = "FILE")
  private Path list = Path.of("bench/gpu.yaml");

  @Option(names = "--only", split = ",", description = "These alone.", paramLabel = "NAME")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--without",
      split = ",",
      description = "Peers to leave out, such as compile.",
      paramLabel = "PEER")
  private List<String> without = new ArrayList<>();

  @Option(
      names = "--limit",
      description = "Seconds that all may take together.",
      defaultValue = "540")
  private int limit;

  @Option(names = "--output", description = "Folder of the results.")
  private Path output = Path.of("runs/bench/gpu");

  @Override
  public Integer call() throws Exception {
    GpuBenchRecipe recipe = RecipeReader.readLocal(GpuBenchRecipe.class, list, List.of());
    new GpuBench(spec.parent(), console.console(), output, limit).run(recipe, only, without);
    return 0;
  }
}
