package dev.tessera.jobs;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import picocli.CommandLine;

/** Commands in this process, with the settings that spark-submit would give them. */
public final class AtTheTerminal implements BeforeAllCallback, AfterAllCallback {

  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.master", "local[2]",
          "spark.plugins", "dev.tessera.spark.TesseraPlugin",
          "spark.ui.enabled", "false",
          "spark.driver.host", "localhost",
          "spark.driver.bindAddress", "127.0.0.1");

  /** How a command ended and what it printed on standard error. */
  public record Ended(int code, String error) {}

  @Override
  public void beforeAll(ExtensionContext context) {
    SETTINGS.forEach(System::setProperty);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    SETTINGS.keySet().forEach(System::clearProperty);
  }

  /** Runs a command. */
  public static Ended run(List<String> arguments) {
    StringWriter err = new StringWriter();
    Tessera root = new Tessera();
    PrintWriter printed = new PrintWriter(err, true);
    CommandLine line = root.prepared(new CommandLine(root), printed, printed);
    int code = line.execute(arguments.toArray(new String[0]));
    return new Ended(code, err.toString());
  }

  /** As above. */
  public static Ended run(String... arguments) {
    return run(List.of(arguments));
  }
}
