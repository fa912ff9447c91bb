package dev.tessera.spark.temporary;

import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One command's folder of temporary files, {@code tessera-USER/run-PID-START-...}: what its driver
 * and its executors on this machine unpack, shuffle and log. Its name says whose it is, so a later
 * command knows for certain that the owner is dead, and removes it.
 */
public final class RunFolder {

  private static final Set<PosixFilePermission> OWNERS =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<Set<PosixFilePermission>> OWN =
      PosixFilePermissions.asFileAttribute(OWNERS);

  private static final String PREFIX = "run-";

  private static final String LOGS = "logs-";

  /** An application, an executor, a file. */
  private static final int LOG_DEPTH = 3;

  /** Logs, and folders by Spark's installation, which had no owner: by their age alone. */
  private static final String AGEING = "{" + LOGS + ",spark-}*";

  private static final Duration KEPT = Duration.ofDays(1);

  /** How many names other users may have taken. */
  private static final int NAMES = 10;

  private final Path folder;

  private RunFolder(Path folder) {
    this.folder = folder;
  }

  /**
   * The folder of a process, made if it is not there.
   *
   * @param temporary the folder of all users' temporary files
   * @throws UserException if nothing can be written there
   */
  public static RunFolder of(Path temporary, long pid) {
    try {
      Path folder = own(temporary).resolve(PREFIX + ProcessIdentity.of(pid).name());
      directory(folder);
      directory(folder.resolve("tmp"));
      return new RunFolder(folder);
    } catch (IOException | UncheckedIOException e) {
      throw new UserException(
          "A command needs a folder below "
              + temporary
              + " for its temporary files, and none can be made ("
              + (e instanceof AccessDeniedException ? "permission denied" : e.getMessage())
              + "): free it, or set TMPDIR",
          e);
    }
  }

  /** This process's own, if it was started in one. */
  public static Optional<RunFolder> current() {
    return Optional.ofNullable(System.getProperty(CacheSettings.RUN_FOLDER))
        .map(folder -> new RunFolder(Path.of(folder)));
  }

  public Path folder() {
    return folder;
  }

  /** What takes the place of {@code java.io.tmpdir}. */
  public Path temporary() {
    return folder.resolve("tmp");
  }

  /** The user's folder; where another user has taken its name, the next one. */
  private static Path own(Path temporary) throws IOException {
    if (!Files.isDirectory(temporary)) {
      throw new IOException("it is no folder");
    }
    for (Path candidate : candidates(temporary)) {
      directory(candidate);
      if (FileTree.isFolder(candidate) && FileTree.isMine(candidate)) {
        // Whoever may write into it could put others' files in the place of ours.
        if (!Files.getPosixFilePermissions(candidate).equals(OWNERS)) {
          Files.setPosixFilePermissions(candidate, OWNERS);
        }
        return candidate;
      }
    }
    throw new IOException("other users have taken " + candidates(temporary).get(0));
  }

  private static List<Path> candidates(Path temporary) {
    String name = "tessera-" + System.getProperty("user.name").replaceAll("[^\\w.@-]", "_");
    List<Path> candidates = new ArrayList<>(List.of(temporary.resolve(name)));
    for (int i = 1; i < NAMES; i++) {
      candidates.add(temporary.resolve(name + "-" + i));
    }
    return candidates;
  }

  private static void directory(Path folder) throws IOException {
    try {
      Files.createDirectory(folder, OWN);
    } catch (FileAlreadyExistsException e) {
      // By an earlier command, or as this one was begun before.
    }
  }

  /**
   * Puts what executors on this machine have written to their logs, and what the JVM wrote of a
   * crash, beside the folder: it stays for a day after the folder went.
   *
   * @return where it is; empty if there is none
   */
  public Optional<Path> keepLogs() throws IOException {
    Path work = folder.resolve("spark/work");
    if (!FileTree.isFolder(work)) {
      return Optional.empty();
    }
    String name = folder.getFileName().toString().substring(PREFIX.length());
    Path kept = folder.resolveSibling(LOGS + name);
    List<Path> logs;
    try (Stream<Path> files = Files.find(work, LOG_DEPTH, RunFolder::isLog)) {
      logs = files.toList();
    }
    for (Path log : logs) {
      directory(kept);
      Files.move(log, kept.resolve(work.relativize(log).toString().replace('/', '-')));
    }
    return logs.isEmpty() ? Optional.empty() : Optional.of(kept);
  }

  private static boolean isLog(Path file, BasicFileAttributes attributes) {
    return attributes.isRegularFile()
        && attributes.size() > 0
        && file.getFileName().toString().matches("stdout|stderr|hs_err_.*\\.log");
  }

  /** Removes it with all below it. */
  public void remove() throws IOException {
    FileTree.remove(folder);
  }

  /**
   * Removes the folders of this user's commands that are dead, of this machine: no process of the
   * owner's number and start lives, and nothing in the folder is in use by what it had started.
   * Milliseconds where there is none. What cannot be removed is left to the next command.
   *
   * @param temporary the folder of all users' temporary files
   */
  public static void sweep(Path temporary) {
    try {
      ProcessIdentity self = ProcessIdentity.of(ProcessHandle.current().pid());
      for (Path own : candidates(temporary)) {
        if (FileTree.isFolder(own) && FileTree.isMine(own)) {
          removeUnused(own, dead(own, self));
        }
      }
    } catch (IOException | RuntimeException e) {
      // Cleaning up is no reason to stop a command.
    }
  }

  private static List<Path> dead(Path own, ProcessIdentity self) throws IOException {
    List<Path> dead = new ArrayList<>();
    try (DirectoryStream<Path> runs = Files.newDirectoryStream(own, PREFIX + "*")) {
      for (Path run : runs) {
        String name = run.getFileName().toString().substring(PREFIX.length());
        Optional<ProcessIdentity> owner = ProcessIdentity.parse(name);
        if (owner.isPresent() && isDead(owner.get(), run, self)) {
          dead.add(run);
        }
      }
    }
    Instant old = Instant.now().minus(KEPT);
    try (DirectoryStream<Path> ageing = Files.newDirectoryStream(own, AGEING)) {
      for (Path folder : ageing) {
        if (FileTree.isFolder(folder) && lastUsed(folder).isBefore(old)) {
          dead.add(folder);
        }
      }
    }
    return dead;
  }

  private static boolean isDead(ProcessIdentity owner, Path run, ProcessIdentity self)
      throws IOException {
    return FileTree.isFolder(run)
        && FileTree.isMine(run)
        && owner.fate(self, modified(run), fileSystem(run)) == ProcessIdentity.Fate.DEAD;
  }

  private static String fileSystem(Path folder) {
    try {
      return Files.getFileStore(folder).type();
    } catch (IOException e) {
      return "unknown"; // The mount is of another container's view.
    }
  }

  private static Instant modified(Path path) throws IOException {
    return Files.getLastModifiedTime(path, LinkOption.NOFOLLOW_LINKS).toInstant();
  }

  private static Instant lastUsed(Path folder) throws IOException {
    Path work = folder.resolve("work");
    return modified(FileTree.isFolder(work) ? work : folder);
  }

  private static void removeUnused(Path own, List<Path> folders) throws IOException {
    if (folders.isEmpty()) {
      return;
    }
    UsedFiles used = UsedFiles.below(own);
    for (Path folder : folders) {
      if (!used.has(folder)) {
        FileTree.remove(folder);
      }
    }
  }
}
