package dev.tessera.spark.temporary;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeSet;

/**
 * Files below one folder that processes of this machine use: mapped, open, or where they stand.
 * Processes whose {@code /proc} this user may not read are other users'.
 */
final class UsedFiles {

  /** The coding of file names. */
  private static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding"));

  private static final String GONE = " (deleted)";

  private final TreeSet<String> paths = new TreeSet<>();
  private final String prefix;

  private UsedFiles(Path folder) {
    this.prefix = folder + "/";
  }

  /**
   * Asks all processes; some milliseconds for each that is this user's.
   *
   * @throws IOException if there is no {@code /proc}, so that nothing may be taken for unused
   */
  static UsedFiles below(Path folder) throws IOException {
    UsedFiles used = new UsedFiles(folder.toRealPath());
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path process : processes) {
        used.link(process.resolve("cwd"));
        used.opened(process.resolve("fd"));
        used.mapped(process.resolve("maps"));
      }
    }
    return used;
  }

  private void add(String path) {
    if (path.startsWith(prefix)) {
      paths.add(path.endsWith(GONE) ? path.substring(0, path.length() - GONE.length()) : path);
    }
  }

  private void link(Path link) {
    try {
      add(Files.readSymbolicLink(link).toString());
    } catch (IOException e) {
      // It has ended, or is another user's.
    }
  }

  private void opened(Path folder) {
    try (DirectoryStream<Path> links = Files.newDirectoryStream(folder)) {
      links.forEach(this::link);
    } catch (IOException | DirectoryIteratorException e) {
      // It has ended, or is another user's.
    }
  }

  private void mapped(Path maps) {
    try {
      // Never refused for a letter, as a reader of lines would be.
      new String(Files.readAllBytes(maps), NAMES)
          .lines()
          .filter(line -> line.indexOf('/') > 0)
          .forEach(line -> add(line.substring(line.indexOf('/'))));
    } catch (IOException e) {
      // It has ended, or is another user's.
    }
  }

  /** Whether {@code path}, or anything below it, is in use. */
  boolean has(Path path) throws IOException {
    String name = path.toRealPath().toString();
    String below = paths.ceiling(name + "/");
    return paths.contains(name) || (below != null && below.startsWith(name + "/"));
  }
}
