package dev.tessera.jobs;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/**
 * A stack trace as text, told once. Spark puts the trace of a task's failure into the message of
 * its own exception and, where the failure could be sent, makes it the cause as well.
 */
final class Trace {

  private static final String FRAME = "\n\tat ";
  private static final String DRIVER = "\n\nDriver stacktrace:";

  private Trace() {}

  static String of(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    String told = text.toString();
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable e = failure; e != null && seen.add(e); e = e.getCause()) {
      told = told.replace(String.valueOf(e.getMessage()), message(e));
    }
    return told;
  }

  /** The message without the trace of a cause that follows anyway. */
  private static String message(Throwable e) {
    String message = String.valueOf(e.getMessage());
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Throwable cause = e.getCause();
        cause != null && seen.add(cause);
        cause = cause.getCause()) {
      int begin = message.indexOf(cause + FRAME);
      if (begin >= 0) {
        int end = begin + cause.toString().length();
        return message.substring(0, end) + (message.contains(DRIVER) ? DRIVER : "");
      }
    }
    return message;
  }
}
