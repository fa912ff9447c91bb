package dev.tessera.jobs;

import dev.tessera.jobs.run.CommandText;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.Products;
import dev.tessera.models.UserException;
import dev.tessera.spark.settings.RuntimeProperties;
import dev.tessera.spark.settings.SparkRelease;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/**
 * Tessera's commands for a program that has a SparkSession: Java, or PySpark by py4j.
 *
 * <p>A command uses the session that is there and leaves it as it is; where there is none it begins
 * one with the process's Spark settings, and stops that one. The process never ends, signals stay
 * the program's, and nothing is printed: what a command says is in the result. Mistakes in what is
 * given, and failures, are results too; only errors of the JVM itself are thrown. One command runs
 * at a time in a process; a second, from another thread, is refused.
 */
public final class TesseraApp {

  private static final AtomicReference<String> RUNNING = new AtomicReference<>();

  private static final int USER = 2;

  private TesseraApp() {}

  /**
   * Runs a command to its end.
   *
   * @param arguments as after {@code bin/tessera}, a word each, without options of spark-submit:
   *     {@code train --config dit.yaml ranks.count=2}
   */
  public static TesseraResult run(List<String> arguments) {
    return run(arguments, line -> {});
  }

  /**
   * As above, and tells what the command says while it runs.
   *
   * @param lines is given each line, by whichever thread says it, one at a time; one that throws is
   *     given no more
   */
  public static TesseraResult run(List<String> arguments, Consumer<String> lines) {
    List<String> words = List.copyOf(arguments);
    String command = CommandText.of(words);
    String other = RUNNING.compareAndExchange(null, command);
    if (other != null) {
      return refused(
          command,
          "another command runs in this process ("
              + other
              + "): wait for its end, or start another application",
          null);
    }
    try {
      RuntimeProperties.setMissing();
      SparkRelease.require();
      return new Call(command, lines).run(words);
    } catch (UserException e) {
      return refused(command, e.getMessage(), e);
    } finally {
      RUNNING.set(null);
    }
  }

  private static TesseraResult refused(String command, String message, Exception cause) {
    return new TesseraResult(
        command, USER, message, Optional.empty(), List.of(), Map.of(), "", cause);
  }

  /** One command. */
  private static final class Call {

    private final String command;
    private final Transcript transcript;
    private final Tessera root = new Tessera();
    private Products products = new Products();
    private String message = "";
    private Exception cause;

    Call(String command, Consumer<String> lines) {
      this.command = command;
      this.transcript = new Transcript(lines);
    }

    TesseraResult run(List<String> words) {
      CommandLine line =
          root.prepared(new CommandLine(root), transcript.writer(), transcript.writer());
      line.setExecutionStrategy(this::redirected);
      line.setParameterExceptionHandler(
          (e, arguments) -> {
            message = Mistake.sentence(e, arguments);
            cause = e;
            return Mistake.report(e, arguments);
          });
      line.setExecutionExceptionHandler(
          (e, failed, parsed) -> {
            message = Mistake.sentence(e);
            cause = e;
            return Mistake.report(e, failed, root.showsTraces());
          });
      int code = line.execute(words.toArray(String[]::new));
      if (code != 0 && message.isEmpty()) {
        message = command + " found what should not be, see its console";
      }
      return new TesseraResult(
          command,
          code,
          message,
          products.run(),
          products.outputs(),
          products.metrics(),
          transcript.text(),
          cause);
    }

    private int redirected(ParseResult parsed) {
      Tessera.last(parsed).commandSpec().mixins().values().stream()
          .map(mixin -> mixin.userObject())
          .filter(ConsoleOptions.class::isInstance)
          .map(ConsoleOptions.class::cast)
          .forEach(
              options -> {
                options.redirect(transcript.stream());
                products = options.products();
              });
      return Tessera.execute(parsed);
    }
  }
}
