package dev.tessera.spark.temporary;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What libraries of Spark's and DJL unpack to load it, and leave where their process is killed:
 * files by a name of their own in the temporary folder, which nothing uses once no process has them
 * mapped, and DJL's half-unpacked folders.
 */
public final class UnpackedLibraries {

  /** A file that has just been written is about to be mapped. */
  private static final Duration YOUNG = Duration.ofMinutes(10);

  /** DJL writes all the time while it unpacks; its cache may be on a disk that hosts share. */
  private static final Duration UNPACKING = Duration.ofHours(1);

  private static final Pattern LIBRARY =
      Pattern.compile(
          "(liblz4-java-\\d+\\.so"
              + "|libzstd-jni-[\\d.]+-\\d+\\.so"
              + "|snappy-[\\d.]+-[0-9a-f-]{36}-libsnappyjava\\.so"
              + "|libcommons-crypto-[0-9a-f-]{36}\\.so"
              + "|libleveldbjni-[\\d.-]+-?\\d*\\.\\d*\\.?so"
              + "|librocksdbjni\\d+\\.so"
              + "|libnetty_(tcnative|transport_native)\\w*\\d+\\.so)");

  private static final String LOCK = ".lck";

  private static final Pattern DJL_FOLDER = Pattern.compile("tmp\\d+");
  private static final Pattern DJL_FILE = Pattern.compile("jni\\d+tmp");

  private UnpackedLibraries() {}

  /**
   * Removes what dead processes of this user left. What cannot be removed is left to the next.
   *
   * @param temporary a folder of temporary files
   * @param cache DJL's folder for libtorch, which need not be there
   */
  public static void sweep(Path temporary, Path cache) {
    try {
      libraries(temporary);
    } catch (IOException | RuntimeException e) {
      // Cleaning up is no reason to stop a command.
    }
    try {
      halves(cache);
    } catch (IOException | RuntimeException e) {
      // Likewise.
    }
  }

  /** As {@link #sweep}, of this process's own folders, by a thread that nothing waits for. */
  public static void sweepBeside() {
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    Thread thread = new Thread(() -> sweep(temporary, LibtorchCache.libtorch()), "tessera-sweep");
    thread.setDaemon(true);
    thread.start();
  }

  private static void libraries(Path temporary) throws IOException {
    List<Path> candidates = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(temporary)) {
      for (Path file : files) {
        if (LIBRARY.matcher(library(file)).matches() && isOld(file, YOUNG)) {
          candidates.add(file);
        }
      }
    }
    if (candidates.isEmpty()) {
      return;
    }
    UsedFiles used = UsedFiles.below(temporary);
    for (Path file : candidates) {
      Path library = file.resolveSibling(library(file));
      if (!Files.exists(library) || !used.has(library)) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** The library's name, of its lock too. */
  private static String library(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(LOCK) ? name.substring(0, name.length() - LOCK.length()) : name;
  }

  private static boolean isOld(Path file, Duration age) throws IOException {
    return FileTree.isMine(file)
        && !Files.isSymbolicLink(file)
        && Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
            .toInstant()
            .isBefore(Instant.now().minus(age));
  }

  private static void halves(Path cache) throws IOException {
    if (!Files.isDirectory(cache)) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(cache)) {
      for (Path entry : entries) {
        if (!FileTree.isFolder(entry)) {
          continue;
        }
        if (DJL_FOLDER.matcher(entry.getFileName().toString()).matches()) {
          if (isOld(entry, UNPACKING) && areOld(entry)) {
            FileTree.remove(entry);
          }
        } else {
          halfFiles(entry);
        }
      }
    }
  }

  private static void halfFiles(Path version) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(version, "jni*tmp")) {
      for (Path file : files) {
        if (DJL_FILE.matcher(file.getFileName().toString()).matches() && isOld(file, UNPACKING)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static boolean areOld(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!isOld(file, UNPACKING)) {
          return false;
        }
      }
      return true;
    }
  }
}
