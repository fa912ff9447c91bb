package dev.tessera.jobs;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.config.KeyHint;
import dev.tessera.jobs.config.NearestKey;
import dev.tessera.jobs.run.Exhaustion;
import dev.tessera.jobs.run.MissingConnector;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.spark.barrier.GangException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.SparkThrowable;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells users what went wrong and picks the exit code. */
final class Mistake {

  private static final int FAILED = 1;
  private static final int USER = 2;

  /** Spark's name for a notebook's Ctrl-C, its page's kill and a program's own call. */
  private static final String CANCELLED = "SPARK_JOB_CANCELLED";

  /** Causes nest through Spark's own wrappers, a few deep. */
  private static final int DEEPEST = 20;

  private Mistake() {}

  /** The command line cannot be understood: one sentence, with what was meant if that is clear. */
  static int report(ParameterException thrown, String[] arguments) {
    thrown.getCommandLine().getErr().println("tessera: " + sentence(thrown, arguments));
    return USER;
  }

  static String sentence(ParameterException thrown, String[] arguments) {
    CommandLine command = thrown.getCommandLine();
    ParameterException e = thrown;
    if (e instanceof MissingParameterException && !command.getUnmatchedArguments().isEmpty()) {
      // A misspelt flag is the mistake; that the right one is missing follows from it.
      e = new UnmatchedArgumentException(command, command.getUnmatchedArguments());
    }
    String name = command.getCommandSpec().qualifiedName();
    String said = e.getMessage().lines().findFirst().orElse("Unreadable arguments");
    Optional<String> key = key(e, List.of(arguments));
    if (key.isPresent()) {
      return said + " (did you mean " + key.get() + "?); see " + name + " --help";
    }
    String message = unknownCommand(e).orElse(said + meant(e));
    return message + "; see " + name + " --help" + elsewhere(e);
  }

  /** Of a word where a command stands; its nearest by letters, as with keys. */
  private static Optional<String> unknownCommand(ParameterException e) {
    Set<String> commands = e.getCommandLine().getSubcommands().keySet();
    if (commands.isEmpty()
        || !(e instanceof UnmatchedArgumentException unmatched)
        || unmatched.getUnmatched().get(0).startsWith("-")) {
      return Optional.empty();
    }
    String word = unmatched.getUnmatched().get(0);
    String near =
        NearestKey.of(word, commands)
            .map(command -> " (did you mean " + command + "?)")
            .orElse(" (expected: " + String.join(", ", commands) + ")");
    return Optional.of("Unknown command: '" + word + "'" + near);
  }

  /** Of an option that names a key of the command's recipe. */
  private static Optional<String> key(ParameterException e, List<String> arguments) {
    if (!(e instanceof UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    String option = unmatched.getUnmatched().get(0);
    int after = arguments.indexOf(option) + 1;
    String next = after > 0 && after < arguments.size() ? arguments.get(after) : null;
    return e.getCommandLine().getCommandSpec().mixins().values().stream()
        .flatMap(mixin -> KeyHint.of(mixin.userObject(), option, next).stream())
        .findFirst();
  }

  /** An unknown option may be a misspelt one of spark-submit, which passes through. */
  private static String elsewhere(ParameterException e) {
    boolean option =
        e instanceof UnmatchedArgumentException unmatched
            && unmatched.getSuggestions().isEmpty()
            && unmatched.getUnmatched().stream().anyMatch(word -> word.startsWith("--"));
    return option ? ", and spark-submit --help for the options of Spark" : "";
  }

  private static String meant(ParameterException e) {
    List<String> near =
        e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
    return near.isEmpty() ? "" : " (did you mean " + near.get(0) + "?)";
  }

  /** A job threw. */
  static int report(Exception e, CommandLine command, boolean showTrace) {
    PrintWriter err = command.getErr();
    Optional<String> mistake = users(e);
    if (mistake.isPresent()) {
      err.println("tessera: " + mistake.get());
      if (showTrace) {
        err.print(Trace.of(e));
        err.flush();
      }
      return USER;
    }
    String name = command.getCommandSpec().qualifiedName();
    Optional<String> told = causes(e).flatMap(cause -> toldFailure(cause).stream()).findFirst();
    if (told.isPresent() && !showTrace) {
      err.println(name + " failed: " + told.get());
      return FAILED;
    }
    err.println(name + " failed: " + reason(e));
    err.print(Trace.of(e));
    err.flush();
    return FAILED;
  }

  /** What {@link #report(Exception, CommandLine, boolean)} says, without the trace. */
  static String sentence(Exception e) {
    return users(e)
        .or(() -> causes(e).flatMap(cause -> toldFailure(cause).stream()).findFirst())
        .orElseGet(() -> reason(e));
  }

  private static Optional<String> users(Exception e) {
    Optional<String> mistake = causes(e).flatMap(cause -> mistake(cause).stream()).findFirst();
    // A job wraps what Hadoop says of a file system that it does not know.
    return mistake.map(
        told ->
            MissingConnector.in(e)
                .filter(s -> !told.contains(s))
                .map(s -> told + "; " + s)
                .orElse(told));
  }

  private static String reason(Exception e) {
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return reason.lines().findFirst().orElse("");
  }

  /**
   * Whether {@code e} is a user's mistake, or was caused by one, as far as a process without
   * Spark's packages can know: connectors come with those.
   */
  static boolean isUsers(Throwable e) {
    return MissingConnector.in(e).isEmpty()
        && causes(e).anyMatch(cause -> mistake(cause).isPresent());
  }

  private static Optional<String> mistake(Throwable e) {
    return e instanceof UserException || e instanceof InvalidDatasetException
        ? Optional.of(e.getMessage())
        : MissingConnector.sentence(e);
  }

  /**
   * Failures that one sentence tells in full; their traces are Spark's and the operating system's.
   */
  private static Optional<String> toldFailure(Throwable e) {
    if (e instanceof GangException || e instanceof StorageException) {
      return Optional.of(e.getMessage() + " (--debug shows the trace)");
    }
    if (e instanceof SparkThrowable spark && CANCELLED.equals(spark.getCondition())) {
      return Optional.of("its Spark job was cancelled; nothing half-done is kept: run it again");
    }
    return Exhaustion.sentence(e);
  }

  private static Stream<Throwable> causes(Throwable e) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable t = e; t != null && causes.size() < DEEPEST; t = t.getCause()) {
      causes.add(t);
    }
    return causes.stream();
  }
}
