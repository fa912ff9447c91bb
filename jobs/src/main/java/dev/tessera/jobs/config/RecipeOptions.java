package dev.tessera.jobs.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments of a command that runs a recipe: {@code --config FILE key=value ...}. */
public final class RecipeOptions {

  private final Class<?> type;

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

  /** Of a command whose recipes are of several types. */
  public RecipeOptions() {
    this(null);
  }

  private RecipeOptions(Class<?> type) {
    this.type = type;
  }

  /** Of a command that runs recipes of one type. */
  public static RecipeOptions of(Class<?> type) {
    return new RecipeOptions(type);
  }

  /** What the recipe is; null where that is not known here. */
  Class<?> type() {
    return type;
  }

  public String config() {
    return config;
  }

  /** What people call the recipe: its file's name where its text has travelled in its place. */
  public String called() {
    return RecipeText.called(config);
  }

  public List<String> overrides() {
    return List.copyOf(overrides);
  }

  /** Reads a recipe that lies on this machine, without Hadoop; see {@link RecipeReader}. */
  public <T> T readLocal(Class<T> type) {
    return RecipeReader.readLocal(type, Path.of(config), overrides);
  }

  /** For the console: {@code conf/recipes/x.yaml + name=y schedule.seed=7}. */
  public String describe() {
    return overrides.isEmpty() ? called() : called() + " + " + String.join(" ", overrides);
  }
}
