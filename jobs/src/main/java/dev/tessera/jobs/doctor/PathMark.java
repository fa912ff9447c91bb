package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.io.Serializable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * By what a process knows that it sees the driver's files at a path, and not its own host's: a file
 * of a random name that the driver has put there, or where it may not write, what is listed.
 *
 * @param path asked for
 * @param token the driver's file, or null
 * @param seen what the driver lists there, as {@link #look} tells it
 */
record PathMark(String path, String token, String seen) implements Serializable {

  private static final int MOST = 1000;

  static final String PREFIX = "_doctor-";

  /** No doctor takes so long, so one that left its file was killed. */
  private static final Duration DEAD = Duration.ofHours(1);

  /** Puts the mark; {@link #remove} takes it away. */
  static PathMark put(String path, Configuration conf) {
    try {
      Path folder = new Path(path);
      FileSystem fs = folder.getFileSystem(conf);
      while (folder.getParent() != null && !isFolder(fs, folder)) {
        folder = folder.getParent();
      }
      Path token = new Path(folder, PREFIX + UUID.randomUUID());
      try {
        fs.create(token, false).close();
        removeOlder(fs, folder, fs.getFileStatus(token).getModificationTime());
        return new PathMark(path, fs.makeQualified(token).toString(), look(path, conf));
      } catch (IOException e) {
        return new PathMark(path, null, look(path, conf));
      }
    } catch (IOException | RuntimeException e) {
      return new PathMark(path, null, null); // PathFacts says that it cannot be reached.
    }
  }

  /** By the file system's own clock. */
  private static void removeOlder(FileSystem fs, Path folder, long now) throws IOException {
    for (FileStatus file : fs.listStatus(folder, path -> path.getName().startsWith(PREFIX))) {
      boolean dead = now - file.getModificationTime() > DEAD.toMillis();
      if (dead && file.isFile() && file.getLen() == 0) {
        fs.delete(file.getPath(), false);
      }
    }
  }

  /** Whether this process sees what the driver does; true where the driver sees nothing. */
  boolean isSeen(Configuration conf) {
    try {
      if (token != null) {
        Path file = new Path(token);
        return file.getFileSystem(conf).exists(file);
      }
      return seen == null || seen.equals(look(path, conf));
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  void remove(Configuration conf) {
    if (token == null) {
      return;
    }
    try {
      Path file = new Path(token);
      file.getFileSystem(conf).delete(file, false);
    } catch (IOException e) {
      // An empty file that says who left it.
    }
  }

  private static boolean isFolder(FileSystem fs, Path path) throws IOException {
    return fs.exists(path) && fs.getFileStatus(path).isDirectory();
  }

  private static String look(String path, Configuration conf) throws IOException {
    Path there = new Path(path);
    FileSystem fs = there.getFileSystem(conf);
    if (!fs.exists(there)) {
      return "nothing";
    }
    return Arrays.stream(fs.listStatus(there))
        .limit(MOST)
        .filter(status -> !status.getPath().getName().startsWith(PREFIX))
        .map(PathMark::describe)
        .collect(Collectors.toCollection(TreeSet::new))
        .toString();
  }

  private static String describe(FileStatus status) {
    return String.format(
        Locale.ROOT,
        "%s %d %d",
        status.getPath().getName(),
        status.isDirectory() ? -1 : status.getLen(),
        status.getModificationTime() / 1000);
  }
}
