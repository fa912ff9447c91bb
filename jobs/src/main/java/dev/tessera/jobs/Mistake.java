package dev.tessera.jobs;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.jobs.run.Exhaustion;
import dev.tessera.jobs.run.MissingConnector;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.spark.barrier.GangException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells users what went wrong and picks the exit code. */
final class Mistake {

  private static final int FAILED = 1;
  private static final int USER = 2;

  /** Causes nest through Spark's own wrappers, a few deep. */
  private static final int DEEPEST = 20;

  private Mistake() {}

  /** The command line cannot be understood: one sentence, with what was meant if that is clear. */
  static int report(ParameterException thrown) {
    CommandLine command = thrown.getCommandLine();
    ParameterException e = thrown;
    if (e instanceof MissingParameterException && !command.getUnmatchedArguments().isEmpty()) {
      // A misspelt flag is the mistake; that the right one is missing follows from it.
      e = new UnmatchedArgumentException(command, command.getUnmatchedArguments());
    }
    String name = command.getCommandSpec().qualifiedName();
    String message = e.getMessage().lines().findFirst().orElse("Unreadable arguments");
    command
        .getErr()
        .println("tessera: " + message + meant(e) + "; see " + name + " --help" + elsewhere(e));
    return USER;
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
    Optional<String> mistake = causes(e).flatMap(cause -> mistake(cause).stream()).findFirst();
    if (mistake.isPresent()) {
      // A job wraps what Hadoop says of a file system that it does not know.
      String way = MissingConnector.in(e).filter(s -> !mistake.get().contains(s)).orElse("");
      err.println("tessera: " + mistake.get() + (way.isEmpty() ? "" : "; " + way));
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
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    err.println(name + " failed: " + reason.lines().findFirst().orElse(""));
    err.print(Trace.of(e));
    err.flush();
    return FAILED;
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
