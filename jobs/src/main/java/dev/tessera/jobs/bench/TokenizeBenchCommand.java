package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.OverrideOptions;
import dev.tessera.jobs.run.ConsoleOptions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tessera bench tokenize}. */
@Command(name = "tokenize", description = "The job tokenize against its encoder in a loop.")
final class TokenizeBenchCommand implements Callable<Integer> {

  @Mixin private OverrideOptions overrides = OverrideOptions.of(TokenizeBenchRecipe.defaults());

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    TokenizeBench.run(overrides.apply(TokenizeBenchRecipe.defaults()), console.console());
    return 0;
  }
}
