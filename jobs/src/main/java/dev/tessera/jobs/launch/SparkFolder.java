package dev.tessera.jobs.launch;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder of the user's own that stands for Spark's: all its entries as links, but {@code work}.
 * {@code local-cluster} writes its executors' folders into {@code SPARK_HOME/work}, and an
 * installation may belong to another user.
 */
final class SparkFolder {

  private static final FileAttribute<Set<PosixFilePermission>> OWN =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private SparkFolder() {}

  /**
   * Makes it, or finds it again.
   *
   * @param temporary the folder of temporary files
   * @throws UserException if nothing can be written there
   */
  static Path of(Path spark, Path temporary) {
    try {
      Path base = own(temporary);
      Path folder = directory(base.resolve("spark-" + Integer.toHexString(spark.hashCode())));
      directory(folder.resolve("work"));
      try (Stream<Path> entries = Files.list(spark)) {
        for (Path entry : entries.toList()) {
          link(folder, entry);
        }
      }
      return folder;
    } catch (IOException | UncheckedIOException e) {
      throw new UserException(
          "Executors on this machine need a folder below "
              + temporary
              + " to work in, and none can be made ("
              + e.getMessage()
              + "): free it, or set TMPDIR",
          e);
    }
  }

  /** The user's folder; where another user has taken its name, a new one. */
  private static Path own(Path temporary) throws IOException {
    Path named = temporary.resolve("tessera-" + System.getProperty("user.name"));
    try {
      Files.createDirectory(named, OWN);
    } catch (FileAlreadyExistsException e) {
      Object me = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
      boolean mine =
          Files.isDirectory(named, LinkOption.NOFOLLOW_LINKS)
              && me.equals(Files.getAttribute(named, "unix:uid", LinkOption.NOFOLLOW_LINKS));
      return mine ? named : Files.createTempDirectory(temporary, "tessera-", OWN);
    }
    return named;
  }

  private static Path directory(Path folder) throws IOException {
    try {
      return Files.createDirectory(folder, OWN);
    } catch (FileAlreadyExistsException e) {
      return folder;
    }
  }

  private static void link(Path folder, Path entry) throws IOException {
    Path link = folder.resolve(entry.getFileName());
    if (List.of("work", "logs").contains(entry.getFileName().toString())) {
      return;
    }
    if (!Files.isSymbolicLink(link) || !Files.readSymbolicLink(link).equals(entry)) {
      Files.deleteIfExists(link);
      try {
        Files.createSymbolicLink(link, entry);
      } catch (FileAlreadyExistsException e) {
        // Another command has made it in this moment, for the same folder.
      }
    }
  }
}
