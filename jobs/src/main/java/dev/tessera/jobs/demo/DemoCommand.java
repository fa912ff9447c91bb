package dev.tessera.jobs.demo;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.QualifiedPath;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tessera demo}: exit code 1 if a bound does not hold. */
@Command(
    name = "demo",
    description = "Run the whole chain on the embedded icons: new pictures in minutes.")
public final class DemoCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Spec private CommandSpec spec;
  @Mixin private OverrideOptions overrides = OverrideOptions.of(DemoRecipe.defaults());

  @Mixin private ConsoleOptions output;

  @Override
  public Integer call() throws Exception {
    DemoRecipe recipe = overrides.apply(DemoRecipe.defaults());
    List<String> command = spec.commandLine().getParent().getParseResult().originalArgs();
    Console console = output.console();
    try (Session session = Session.obtain("demo", Map.of())) {
      DemoResult result = new DemoJob(session.spark(), console).run(recipe, command);
      Configuration hadoop = session.spark().sparkContext().hadoopConfiguration();
      for (String made : List.of("/images", "/tokens/codes", "/tokens/latents", "/samples")) {
        output.products().output(QualifiedPath.of(hadoop, recipe.work() + made).toString());
      }
      boolean holds =
          result.verdict().bounds(recipe.shortened()).stream().allMatch(DemoVerdict.Bound::holds);
      return holds ? 0 : 1;
    }
  }
}
