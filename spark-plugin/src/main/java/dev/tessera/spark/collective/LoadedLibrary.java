package dev.tessera.spark.collective;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Shared libraries that this process has loaded already, whoever did so. */
final class LoadedLibrary {

  private static final Path MAPPED_FILES = Path.of("/proc/self/maps");

  private LoadedLibrary() {}

  /** Where the library of this file name was loaded from. */
  static Optional<String> path(String file) {
    try (Stream<String> lines = Files.lines(MAPPED_FILES)) {
      return lines
          .filter(line -> line.endsWith("/" + file))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty(); // no Linux
    }
  }
}
