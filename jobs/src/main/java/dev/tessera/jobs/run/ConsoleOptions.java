package dev.tessera.jobs.run;

import picocli.CommandLine.Option;

/** The arguments of every command that prints progress. */
public final class ConsoleOptions {

  @Option(names = "--json", description = "Print one JSON object a line, for programs.")
  private boolean json;

  public Console console() {
    return Console.standard(json);
  }
}
