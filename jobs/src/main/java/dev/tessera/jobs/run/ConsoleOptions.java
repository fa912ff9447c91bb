package dev.tessera.jobs.run;

import java.io.PrintStream;
import picocli.CommandLine.Option;

/** The arguments of every command that prints progress, and what became of the command. */
public final class ConsoleOptions {

  private final Products products = new Products();
  private PrintStream redirected;

  @Option(names = "--json", description = "Print one JSON object a line, for programs.")
  private boolean json;

  /** Prints there instead of on standard output. */
  public void redirect(PrintStream out) {
    redirected = out;
  }

  public Console console() {
    return redirected == null
        ? Console.standard(json, products)
        : Console.of(redirected, json, products);
  }

  /** What the command has made so far. */
  public Products products() {
    return products;
  }
}
