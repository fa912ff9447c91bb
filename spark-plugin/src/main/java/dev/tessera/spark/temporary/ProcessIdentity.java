package dev.tessera.spark.temporary;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;

/**
 * One process of one boot of one machine. Its number alone is used again, and another container or
 * host that shares a folder has numbers of its own.
 *
 * @param pid its number
 * @param start when it began, in ticks since the boot
 * @param place the machine, its name and the space of process numbers, hashed
 * @param boot the boot, hashed
 */
record ProcessIdentity(long pid, long start, String place, String boot) {

  /** What became of it. */
  enum Fate {
    ALIVE,
    DEAD,
    /** Of a place that this process does not see. */
    UNKNOWN
  }

  private static final Path PROC = Path.of("/proc");
  private static final Path MACHINE = Path.of("/etc/machine-id");
  private static final Pattern NAME =
      Pattern.compile("(\\d{1,10})-(\\d{1,18})-([0-9a-f]{8})-([0-9a-f]{8})");

  /**
   * File systems of one machine's own, as Linux names them. Others may be shared with a machine of
   * the same name (many are called localhost), whose commands nobody here can see.
   */
  private static final Set<String> LOCAL =
      Set.of(
          "ext2",
          "ext3",
          "ext4",
          "xfs",
          "btrfs",
          "zfs",
          "bcachefs",
          "f2fs",
          "jfs",
          "reiserfs",
          "tmpfs",
          "ramfs",
          "overlay",
          "aufs");

  /** Of the field after the name in {@code /proc/PID/stat}, counted from zero. */
  private static final int START = 19;

  /**
   * A process of this machine.
   *
   * @throws IOException if it is not there
   */
  static ProcessIdentity of(long pid) throws IOException {
    return of(pid, MACHINE);
  }

  /**
   * As above.
   *
   * @param machine a file that says which machine this is; containers may lack it
   */
  static ProcessIdentity of(long pid, Path machine) throws IOException {
    String host = Files.readString(PROC.resolve("sys/kernel/hostname")).strip();
    String space = Files.readSymbolicLink(PROC.resolve("self/ns/pid")).toString();
    String boot = Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    String place = host + " " + space + " " + textOf(machine);
    return new ProcessIdentity(pid, startOf(pid), hash(place), hash(boot));
  }

  /** From its {@link #name}; empty if it is none. */
  static Optional<ProcessIdentity> parse(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? Optional.of(
            new ProcessIdentity(
                Long.parseLong(matcher.group(1)),
                Long.parseLong(matcher.group(2)),
                matcher.group(3),
                matcher.group(4)))
        : Optional.empty();
  }

  String name() {
    return pid + "-" + start + "-" + place + "-" + boot;
  }

  /**
   * What became of it, asked by a process that is known to live.
   *
   * @param made when something of its was made: what is older than this boot of this machine is not
   *     another container's of the same name
   * @param fileSystem the kind that this lies on: only on a machine's own is another boot an
   *     earlier one
   */
  Fate fate(ProcessIdentity asking, Instant made, String fileSystem) throws IOException {
    if (!place.equals(asking.place)) {
      return Fate.UNKNOWN;
    }
    if (!boot.equals(asking.boot)) {
      boolean earlier = LOCAL.contains(fileSystem) && made.isBefore(booted());
      return earlier ? Fate.DEAD : Fate.UNKNOWN;
    }
    try {
      return startOf(pid) == start ? Fate.ALIVE : Fate.DEAD;
    } catch (NoSuchFileException e) {
      return Fate.DEAD;
    }
  }

  private static String textOf(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static long startOf(long pid) throws IOException {
    String stat =
        new String(Files.readAllBytes(PROC.resolve(pid + "/stat")), StandardCharsets.ISO_8859_1);
    // The name stands in parentheses and may hold any letter.
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[START]);
  }

  private static Instant booted() throws IOException {
    return Files.readAllLines(PROC.resolve("stat")).stream()
        .filter(line -> line.startsWith("btime "))
        .map(line -> Instant.ofEpochSecond(Long.parseLong(line.substring(6).strip())))
        .findFirst()
        .orElse(Instant.EPOCH);
  }

  private static String hash(String text) {
    CRC32 sum = new CRC32();
    sum.update(text.getBytes(StandardCharsets.UTF_8));
    return String.format(Locale.ROOT, "%08x", sum.getValue());
  }
}
