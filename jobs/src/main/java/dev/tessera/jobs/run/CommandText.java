package dev.tessera.jobs.run;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A command line that can be pasted into a shell again. */
public final class CommandText {

  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private CommandText() {}

  /**
   * The launcher's name and the arguments, quoted where a shell would take them apart, without
   * secrets.
   */
  public static String of(List<String> arguments) {
    return Secrets.arguments(arguments).stream()
        .map(a -> PLAIN.matcher(a).matches() ? a : "'" + a.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" ", "tessera ", ""));
  }
}
