package dev.tessera.datasets.lease;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What Linux tells of processes, in {@code /proc} (proc(5)); elsewhere nothing is known. */
record ProcFolder(Path folder) {

  static final ProcFolder HERE = new ProcFolder(Path.of("/proc"));

  /** Fields of {@code stat} that follow the command's name, which may hold spaces and brackets. */
  private static final int STATE = 0;

  private static final int START = 22 - 3;

  /**
   * Tells boots of machines and namespaces of processes apart: only within one does a number of a
   * process mean something. Empty where it is not known.
   */
  String machine() {
    try {
      String boot = Files.readString(folder.resolve("sys/kernel/random/boot_id")).strip();
      return boot + " " + Files.readSymbolicLink(folder.resolve("self/ns/pid"));
    } catch (IOException | UnsupportedOperationException e) {
      return "";
    }
  }

  /**
   * When a process began, in clock ticks since the boot, which no change of the time moves; or 0.
   */
  long startTicks(long pid) {
    try {
      return Long.parseLong(stat(pid).get(START));
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }

  /**
   * Whether the process of this machine that began then is known to have ended.
   *
   * @param ticks of its start, 0 if unknown
   */
  boolean hasEnded(long pid, long ticks) {
    try {
      List<String> stat = stat(pid);
      boolean another = ticks != 0 && Long.parseLong(stat.get(START)) != ticks;
      return another || "ZXx".contains(stat.get(STATE));
    } catch (NoSuchFileException e) {
      return !hides();
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  private List<String> stat(long pid) throws IOException {
    String text = Files.readString(folder.resolve(pid + "/stat"));
    return Arrays.asList(text.substring(text.lastIndexOf(')') + 1).strip().split(" "));
  }

  /** Whether other users' processes may be absent though they live ({@code hidepid}). */
  private boolean hides() {
    try {
      return Files.readAllLines(folder.resolve("self/mountinfo")).stream()
          .filter(line -> line.contains(" - proc "))
          .anyMatch(line -> line.matches(".*hidepid=(?!0|off|1|noaccess).*"));
    } catch (IOException e) {
      return true;
    }
  }
}
