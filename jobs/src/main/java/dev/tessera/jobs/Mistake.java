package dev.tessera.jobs;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.UserException;
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
    Optional<Throwable> mistake = causes(e).filter(Mistake::isUsersOwn).findFirst();
    if (mistake.isPresent()) {
      err.println("tessera: " + mistake.get().getMessage());
      if (showTrace) {
        e.printStackTrace(err);
      }
      return USER;
    }
    String name = command.getCommandSpec().qualifiedName();
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    err.println(name + " failed: " + reason.lines().findFirst().orElse(""));
    e.printStackTrace(err);
    return FAILED;
  }

  /** Whether {@code e} is a user's mistake, or was caused by one. */
  static boolean isUsers(Throwable e) {
    return causes(e).anyMatch(Mistake::isUsersOwn);
  }

  private static boolean isUsersOwn(Throwable e) {
    return e instanceof UserException || e instanceof InvalidDatasetException;
  }

  private static Stream<Throwable> causes(Throwable e) {
    List<Throwable> causes = new ArrayList<>();
    for (Throwable t = e; t != null && causes.size() < DEEPEST; t = t.getCause()) {
      causes.add(t);
    }
    return causes.stream();
  }
}
