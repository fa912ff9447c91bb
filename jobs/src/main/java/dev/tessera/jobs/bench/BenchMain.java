package dev.tessera.jobs.bench;

import dev.tessera.models.UserException;
import picocli.CommandLine;

/** {@code bench} in a process of its own, started by another of its commands. */
final class BenchMain {

  private BenchMain() {}

  public static void main(String[] words) {
    System.exit(
        new CommandLine(new BenchCommand())
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setExecutionExceptionHandler(BenchMain::report)
            .execute(words));
  }

  private static int report(Exception e, CommandLine command, CommandLine.ParseResult parsed) {
    if (e instanceof UserException) {
      System.err.println(e.getMessage());
    } else {
      e.printStackTrace();
    }
    return command.getCommandSpec().exitCodeOnExecutionException();
  }
}
