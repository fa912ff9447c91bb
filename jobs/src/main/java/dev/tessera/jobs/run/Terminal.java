package dev.tessera.jobs.run;

import java.io.Console;

/** Whether a person watches, and how wide the window is. */
final class Terminal {

  private static final int USUAL_WIDTH = 80;

  private Terminal() {}

  /** Since Java 22 there is a console without a terminal too; {@code isTerminal} tells. */
  @SuppressWarnings("SystemConsoleNull") // On Java 17 and 21 it is null.
  static boolean present() {
    Console console = System.console();
    if (console == null || "dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (ReflectiveOperationException e) {
      return true;
    }
  }

  /** Columns, as the shell or the launcher exports them. */
  static int width() {
    String columns = System.getenv("COLUMNS");
    return columns != null && columns.matches("[1-9][0-9]{1,3}")
        ? Integer.parseInt(columns)
        : USUAL_WIDTH;
  }
}
