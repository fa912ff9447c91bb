package dev.tessera.jobs;

import dev.tessera.jobs.average.EmaCommand;
import dev.tessera.jobs.bench.BenchCommand;
import dev.tessera.jobs.demo.DemoCommand;
import dev.tessera.jobs.doctor.DoctorCommand;
import dev.tessera.jobs.evaluate.EvaluateCommand;
import dev.tessera.jobs.export.ExportCommand;
import dev.tessera.jobs.ingest.IngestCommand;
import dev.tessera.jobs.likelihood.LikelihoodCommand;
import dev.tessera.jobs.plan.PlanCommand;
import dev.tessera.jobs.run.HidingWriter;
import dev.tessera.jobs.run.Interruption;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import dev.tessera.jobs.sample.SampleCommand;
import dev.tessera.jobs.tokenizer.TokenizeCommand;
import dev.tessera.jobs.tokenizer.TrainTokenizerCommand;
import dev.tessera.jobs.train.TrainCommand;
import dev.tessera.jobs.verify.VerifyCommand;
import dev.tessera.models.UserException;
import dev.tessera.spark.settings.RuntimeProperties;
import dev.tessera.spark.settings.SparkRelease;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalInt;
import org.apache.hadoop.fs.FSError;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/**
 * The {@code tessera} command. A subcommand is a class of its job's package, listed here; it binds
 * arguments, calls the job and returns, and throws what goes wrong.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 a mistake of the user's, told in one sentence.
 */
@Command(
    name = "tessera",
    description = "Large-scale generative training for Apache Spark.",
    subcommands = {
      DemoCommand.class,
      DoctorCommand.class,
      PlanCommand.class,
      IngestCommand.class,
      TrainTokenizerCommand.class,
      TokenizeCommand.class,
      TrainCommand.class,
      SampleCommand.class,
      EvaluateCommand.class,
      LikelihoodCommand.class,
      EmaCommand.class,
      ExportCommand.class,
      VerifyCommand.class,
      BenchCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    scope = ScopeType.INHERIT,
    sortOptions = false,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND")
public final class Tessera implements Runnable {

  /** Shows the stack trace of a user's mistake too; the command line's form is {@code --debug}. */
  static final String DEBUG_PROPERTY = "tessera.debug";

  private static final int FAILED = 1;

  /** The exit code of a rehearsal that found nothing wrong; no command ends with it. */
  private static final int TO_BE_RUN = -1;

  @Spec private CommandSpec spec;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Show the stack trace of every error.")
  private boolean debug;

  /** Whether the command ended by an exception: others may end with code 1 as an answer. */
  private boolean threw;

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    RunFolderEnd.register();
    // The plugin does so too, but export has no SparkContext and so no plugin.
    RuntimeProperties.setMissing();
    try {
      SparkRelease.require();
    } catch (UserException e) {
      System.err.println("tessera: " + e.getMessage());
      System.exit(2);
    }
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Tessera root = new Tessera();
    Interruption.listen(err);
    int code = root.prepared(new CommandLine(root), out, err).execute(args);
    if (root.threw && code == FAILED && !Interruption.happened()) {
      RunFolderEnd.keepLogs(err);
    }
    Interruption.exit(code);
  }

  /** All commands and their options. */
  public static CommandSpec commands() {
    return new CommandLine(new Tessera()).getCommandSpec();
  }

  /**
   * Runs a command as far as it goes without Spark, in a process that will not start it: help, and
   * mistakes that can be known.
   *
   * @param reads whether commands may read files; else their arguments alone are looked at
   * @return the exit code; empty where the command is to be run
   */
  public static OptionalInt rehearse(List<String> args, boolean reads) {
    Session.rehearse();
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    Tessera root = new Tessera();
    CommandLine line = root.prepared(new CommandLine(root), out, err);
    line.setExecutionStrategy(
        parsed -> {
          Integer help = CommandLine.executeHelpRequest(parsed);
          if (help != null) {
            return help;
          }
          checkPaths(parsed, false);
          Object command = last(parsed).commandSpec().userObject();
          boolean goes =
              command instanceof Runnable || (reads && command instanceof ReadsBeforeSpark);
          return goes ? new RunLast().execute(parsed) : TO_BE_RUN;
        });
    line.setExecutionExceptionHandler(
        (e, command, parsed) ->
            Mistake.isUsers(e) ? Mistake.report(e, command, root.showsTraces()) : TO_BE_RUN);
    int code = line.execute(args.toArray(String[]::new));
    return code == TO_BE_RUN ? OptionalInt.empty() : OptionalInt.of(code);
  }

  /** Sets how {@code line} and the subcommands it has by now speak and end. */
  CommandLine prepared(CommandLine line, PrintWriter out, PrintWriter err) {
    line.getCommandSpec()
        .usageMessage()
        .customSynopsis(
            "tessera COMMAND [options of spark-submit] [options of the command] [key=value ...]")
        .footer(
            "",
            "Every command knows --help, --debug, and --json (one JSON object a line, for"
                + " programs).");
    return line.setOut(new PrintWriter(new HidingWriter(out), true))
        .setErr(new PrintWriter(new HidingWriter(err), true))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(Tessera::execute)
        .setParameterExceptionHandler((e, args) -> Mistake.report(e, args))
        .setExecutionExceptionHandler(
            (e, command, parsed) -> {
              threw = true;
              return Interruption.happened() ? FAILED : Mistake.report(e, command, showsTraces());
            });
  }

  /** The command that was called, below all groups. */
  static ParseResult last(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return last;
  }

  private static void checkPaths(ParseResult parsed, boolean here) {
    ParseResult last = last(parsed);
    try {
      ClusterPaths.check(last.commandSpec(), here);
    } catch (UserException e) {
      throw new ExecutionException(last.commandSpec().commandLine(), e.getMessage(), e);
    }
  }

  /** A full local disk is an error to Hadoop, which nothing between it and here would tell. */
  static int execute(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    checkPaths(parsed, true);
    try {
      return new RunLast().execute(parsed);
    } catch (FSError e) {
      String reason = String.valueOf(e.getMessage());
      throw new ExecutionException(
          parsed.asCommandLineList().get(parsed.asCommandLineList().size() - 1),
          reason,
          new IOException(reason, e));
    }
  }

  boolean showsTraces() {
    return debug || Boolean.getBoolean(DEBUG_PROPERTY);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Missing command");
  }
}
