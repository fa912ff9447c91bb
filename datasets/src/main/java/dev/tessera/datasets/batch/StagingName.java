package dev.tessera.datasets.batch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The name of a folder that a process writes to, which tells later ones whether it still does. */
final class StagingName {

  private static final Pattern FORM = Pattern.compile("_.+~([0-9]+)~([0-9]+)~[0-9a-f-]+");

  private StagingName() {}

  /** A new name for this process. */
  static String of(String shard) {
    return "_"
        + shard
        + "~"
        + space()
        + "~"
        + ProcessHandle.current().pid()
        + "~"
        + UUID.randomUUID();
  }

  static boolean isOne(String name) {
    return name.startsWith("_");
  }

  /** Whether its writer is known to have ended: it had a number of this machine, now nobody's. */
  static boolean isOrphan(String name) {
    Matcher form = FORM.matcher(name);
    return form.matches()
        && form.group(1).equals(space())
        && ProcessHandle.of(Long.parseLong(form.group(2))).isEmpty();
  }

  /**
   * Numbers of processes mean something within one Linux namespace only; a container has its own.
   */
  private static String space() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
          .toString()
          .replaceAll("[^0-9]", "");
    } catch (IOException | UnsupportedOperationException e) {
      return "0";
    }
  }
}
