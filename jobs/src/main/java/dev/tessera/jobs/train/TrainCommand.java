package dev.tessera.jobs.train;

import dev.tessera.jobs.config.RecipeOptions;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.RunDirectory;
import dev.tessera.jobs.run.Session;
import dev.tessera.models.UserException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tessera train}. */
@Command(name = "train", description = "Train a diffusion model on images or latents.")
public final class TrainCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Spec private CommandSpec spec;
  @Mixin private RecipeOptions recipe = RecipeOptions.of(Recipe.class);
  @Mixin private ConsoleOptions output;

  @Override
  public Integer call() throws Exception {
    Configuration hadoop = HadoopSettings.read();
    Recipe read = RecipeReader.read(Recipe.class, recipe, hadoop);
    if (!(read instanceof Recipe.Diffusion)) {
      throw new UserException(
          recipe.called() + " is a recipe of a tokenizer: run it by train-tokenizer.");
    }
    TrainingJob.check(read, hadoop, Session.settings());
    List<String> command = spec.commandLine().getParseResult().originalArgs();
    Console console = output.console();
    try (Session session = Session.obtain("train " + read.name(), Map.of())) {
      RunDirectory run =
          new TrainingJob(session.spark(), console).run(read, recipe.describe(), command);
      console.say("report  " + run.report());
    }
    return 0;
  }
}
