package dev.tessera.datasets.batch;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Keeps a cache folder from growing for ever. Whoever opens a table there removes what killed
 * writers left, caches of earlier contents of the same table, and caches that nobody opened for a
 * month. A reader that has such a cache mapped keeps its pages until it ends.
 */
final class StaleCaches {

  /**
   * Beside the shards of one fingerprint: the table's path and content; its time is the last use.
   */
  private static final String TABLE = "table.txt";

  private static final Pattern FINGERPRINT = Pattern.compile("[0-9a-f]{32}");
  private static final Duration UNUSED = Duration.ofDays(30);

  /** No writer takes so long. */
  private static final Duration ABANDONED = Duration.ofDays(1);

  private StaleCaches() {}

  /**
   * Marks a cache as used now and removes what is stale beside it. What cannot be removed stays.
   *
   * @param root the cache folder
   * @param used name of the fingerprint's folder in it
   * @param table path of the table
   * @param content the table's checksum
   */
  static void use(Path root, String used, String table, String content) throws IOException {
    Path mark = root.resolve(used).resolve(TABLE);
    PrivateFolder.openRoot(root);
    PrivateFolder.open(mark.getParent());
    Files.writeString(mark, table + "\n" + content + "\n");
    for (Path cache : children(root)) {
      String name = cache.getFileName().toString();
      if (FINGERPRINT.matcher(name).matches()) {
        boolean written = removeAbandoned(cache);
        if (!name.equals(used) && !written && isStale(cache.resolve(TABLE), table, content)) {
          remove(cache);
        }
      }
    }
  }

  /** Returns whether someone writes there now. */
  private static boolean removeAbandoned(Path cache) {
    boolean written = false;
    for (Path child : children(cache)) {
      String name = child.getFileName().toString();
      if (StagingName.isOne(name)) {
        if (StagingName.isOrphan(name) || isOlder(child, ABANDONED)) {
          remove(child);
        } else {
          written = true;
        }
      }
    }
    return written;
  }

  private static boolean isStale(Path mark, String table, String content) {
    try {
      List<String> facts = Files.readAllLines(mark);
      boolean replaced =
          facts.size() == 2 && facts.get(0).equals(table) && !facts.get(1).equals(content);
      return replaced || isOlder(mark, UNUSED);
    } catch (IOException e) {
      return false; // Someone else is removing it, or making it.
    }
  }

  private static boolean isOlder(Path path, Duration age) {
    try {
      FileTime time = Files.getLastModifiedTime(path);
      return time.toInstant().isBefore(Instant.now().minus(age));
    } catch (IOException e) {
      return false;
    }
  }

  private static List<Path> children(Path folder) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
      found.forEach(children::add);
    } catch (IOException e) {
      return List.of();
    }
    return children;
  }

  private static void remove(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path path : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException | java.io.UncheckedIOException e) {
      // Another rank removes it too, or it is not ours: whoever opens the folder next tries again.
    }
  }
}
