package dev.tessera.jobs.plan;

import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import dev.tessera.jobs.train.Recipe;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera plan}. */
@Command(
    name = "plan",
    description =
        "Print the resolved recipe, parameters, FLOPs, memory and task slots; run nothing.")
public final class PlanCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Mixin private RecipeOptions recipe = RecipeOptions.of(Recipe.class);
  @Mixin private ConsoleOptions output;

  @Override
  public Integer call() {
    Configuration conf = HadoopSettings.read();
    Recipe read = RecipeReader.read(Recipe.class, recipe, conf);
    Plan plan = Plan.of(read, conf, Session.settings());
    output.console().print(plan.block(recipe.describe()));
    plan.requireSlots();
    return 0;
  }
}
