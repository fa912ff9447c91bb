package dev.tessera.jobs;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.config.RecipeText;
import dev.tessera.jobs.demo.DemoCommand;
import dev.tessera.jobs.demo.DemoRecipe;
import dev.tessera.jobs.run.CommonPlaces;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.Session;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * What a command reads and writes where its driver runs on the cluster ({@code --deploy-mode
 * cluster}): a path of one machine's means another place there, and what is written there is lost
 * to whoever submitted it.
 */
final class ClusterPaths {

  /** What options of paths call their value; a test holds all options of commands to it. */
  static final Set<String> LABELS = Set.of("PATH", "FILE", "DIR", "FOLDER");

  /** Overrides that are paths, of commands without a recipe. */
  private static final Set<String> KEYS = Set.of("guide");

  private ClusterPaths() {}

  /**
   * Checks, if the driver runs on the cluster.
   *
   * @param here whether this process is the driver, and so reads a recipe wherever it lies; else
   *     only one that travels within the command line is looked into
   * @throws UserException with all paths that would mean another place
   */
  static void check(CommandSpec command, boolean here) {
    SparkConf spark = Session.settings();
    if (!spark.get("spark.submit.deployMode", "client").equals("cluster")) {
      return;
    }
    CommonPlaces places = CommonPlaces.of(spark, HadoopSettings.read());
    String wrong =
        paths(command, here).stream()
            .filter(path -> !places.hold(path.value()))
            .map(path -> path.name() + path.value())
            .collect(Collectors.joining(", "));
    if (!wrong.isEmpty()) {
      throw new UserException(
          "With --deploy-mode cluster the driver runs on a host of the cluster's choice, which"
              + " would take its own disk for "
              + wrong
              + ": name places on hdfs:, s3a: or the like, or absolute ones in a folder that every"
              + " host mounts, named by --conf spark.tessera.sharedFolders=FOLDER");
    }
  }

  /** A path as it was given, and the words before it. */
  private record Given(String name, String value) {}

  private static List<Given> paths(CommandSpec command, boolean here) {
    List<Given> paths = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      boolean recipe = option.longestName().equals("--config");
      if (LABELS.contains(option.paramLabel()) && !recipe && option.getValue() != null) {
        Object value = option.getValue();
        List<?> values = value instanceof List<?> several ? several : List.of(value);
        values.forEach(
            one -> paths.add(new Given(option.longestName() + " ", String.valueOf(one))));
      }
    }
    for (CommandSpec mixin : command.mixins().values()) {
      if (mixin.userObject() instanceof RecipeOptions options) {
        paths.addAll(ofRecipe(options, here));
      } else if (mixin.userObject() instanceof OverrideOptions options) {
        if (command.userObject() instanceof DemoCommand) {
          paths.add(new Given("work=", options.apply(DemoRecipe.defaults()).work()));
        }
        options.overrides().stream()
            .map(word -> word.split("=", 2))
            .filter(pair -> pair.length == 2 && KEYS.contains(pair[0]))
            .forEach(pair -> paths.add(new Given(pair[0] + "=", pair[1])));
      }
    }
    return paths;
  }

  private static List<Given> ofRecipe(RecipeOptions options, boolean here) {
    if (!here && !RecipeText.within(options.config())) {
      return List.of();
    }
    Recipe recipe = RecipeReader.read(Recipe.class, options, HadoopSettings.read());
    List<Given> paths = new ArrayList<>();
    paths.add(new Given("data=", recipe.data()));
    if (recipe instanceof Recipe.Diffusion diffusion) {
      diffusion.tokenizer().ifPresent(path -> paths.add(new Given("tokenizer=", path)));
      diffusion.sampling().guide().ifPresent(path -> paths.add(new Given("sampling.guide=", path)));
    }
    recipe
        .output()
        .resume()
        .ifPresentOrElse(
            run -> paths.add(new Given("output.resume=", run)),
            () -> paths.add(new Given("output.runs=", recipe.output().runs())));
    return paths;
  }
}
