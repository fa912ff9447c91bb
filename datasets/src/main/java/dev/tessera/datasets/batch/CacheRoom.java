package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The room of a cache folder, which ranks of one machine share: what one has claimed and not yet
 * filled is no room for the next. Claims stand in the writers' own folders and end with them.
 */
final class CacheRoom {

  private static final String CLAIM = "room.txt";

  /** File locks are a process's; ranks of one process take turns by this. */
  private static final Object TURN = new Object();

  private CacheRoom() {}

  /** Makes the folders that the room is for. */
  interface Staging {
    /** Returns them. */
    List<Path> make() throws IOException;
  }

  /**
   * Claims room for folders about to be written, or refuses before anything is.
   *
   * @param bytes of all of them together
   * @throws InvalidDatasetException if there is too little, with what others have claimed
   */
  static void claim(Path root, long bytes, Staging staging) throws IOException {
    String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
    synchronized (TURN) {
      try (FileChannel file =
          FileChannel.open(
              root.resolve(".lock-" + user), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        file.lock(); // Held until the channel is closed.
        require(root, bytes, claimed(root));
        List<Path> folders = staging.make();
        for (Path folder : folders) {
          Files.writeString(folder.resolve(CLAIM), Long.toString(bytes / folders.size() + 1));
        }
      }
    }
  }

  /** A finished folder needs its claim no more. */
  static void release(Path folder) throws IOException {
    Files.deleteIfExists(folder.resolve(CLAIM));
  }

  private static void require(Path root, long bytes, long claimed) throws IOException {
    long free = Files.getFileStore(root).getUsableSpace();
    if (free - claimed < bytes) {
      throw new InvalidDatasetException(
          String.format(
              Locale.ROOT,
              "The cache folder %s has %,d MB free%s and needs %,d MB: choose another folder or free some",
              root,
              free >> 20,
              claimed > 0
                  ? String.format(
                      Locale.ROOT, ", %,d MB of them for other ranks,", (claimed >> 20) + 1)
                  : "",
              (bytes >> 20) + 1));
    }
  }

  /** Bytes that living writers have claimed and not yet written. */
  private static long claimed(Path root) throws IOException {
    long claimed = 0;
    for (Path cache : children(root)) {
      for (Path writer : children(cache)) {
        String name = writer.getFileName().toString();
        if (StagingName.isOne(name) && !StagingName.isOrphan(name)) {
          claimed += Math.max(0, claim(writer) - written(writer));
        }
      }
    }
    return claimed;
  }

  private static long claim(Path writer) {
    try {
      return Long.parseLong(Files.readString(writer.resolve(CLAIM)).strip());
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static long written(Path writer) throws IOException {
    long written = 0;
    for (Path file : children(writer)) {
      try {
        written += Files.size(file);
      } catch (IOException e) {
        // It is being removed.
      }
    }
    return written;
  }

  private static List<Path> children(Path folder) throws IOException {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
