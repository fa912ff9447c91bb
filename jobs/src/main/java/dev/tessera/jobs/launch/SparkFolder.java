package dev.tessera.jobs.launch;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A folder that stands for Spark's within a command's own: all its entries as links, but {@code
 * work}. {@code local-cluster} writes its executors' folders into {@code SPARK_HOME/work}, and an
 * installation may belong to another user.
 */
final class SparkFolder {

  private SparkFolder() {}

  /**
   * Makes it.
   *
   * @param run the command's folder, of mode 700
   * @throws UserException if nothing can be written there
   */
  static Path in(Path run, Path spark) {
    try {
      Path folder = Files.createDirectories(run.resolve("spark"));
      Files.createDirectories(folder.resolve("work"));
      try (Stream<Path> entries = Files.list(spark)) {
        for (Path entry : entries.toList()) {
          String name = entry.getFileName().toString();
          if (!List.of("work", "logs").contains(name)) {
            Files.createSymbolicLink(folder.resolve(name), entry);
          }
        }
      }
      return folder;
    } catch (IOException | UncheckedIOException e) {
      throw new UserException(
          "Executors on this machine need a folder below "
              + run
              + " to work in, and none can be made ("
              + e.getMessage()
              + "): free it, or set TMPDIR",
          e);
    }
  }
}
