package dev.tessera.jobs.config;

import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments of a command that runs a recipe: {@code --config FILE key=value ...}. */
public final class RecipeOptions {

  @Option(
      names = "--config",
      required = true,
      paramLabel = "FILE",
      description = "The recipe, a YAML file; any file system that Hadoop reads.")
  private String config;

  @Parameters(
      paramLabel = "key=value",
      description = "Overrides of keys, such as schedule.images=20000; plan prints them all.")
  private List<String> overrides = new ArrayList<>();

  public String config() {
    return config;
  }

  public List<String> overrides() {
    return List.copyOf(overrides);
  }

  /** Reads the recipe; see {@link RecipeReader}. */
  public <T> T read(Class<T> type, Configuration hadoop) {
    return RecipeReader.read(type, config, hadoop, overrides);
  }

  /** For the console: {@code conf/recipes/x.yaml + name=y schedule.seed=7}. */
  public String describe() {
    return overrides.isEmpty() ? config : config + " + " + String.join(" ", overrides);
  }
}
