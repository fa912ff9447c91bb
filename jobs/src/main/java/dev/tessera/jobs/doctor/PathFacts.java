package dev.tessera.jobs.doctor;

import dev.tessera.jobs.run.MissingConnector;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.Path;

/**
 * What a process finds at a path.
 *
 * @param found in words: a folder, a file, or that it is not there
 * @param problem why a run could use it for nothing, empty when it can
 * @param shared whether it was found to be what the driver sees
 * @param why it was looked at, where nobody asked for it
 */
record PathFacts(String path, String found, String problem, boolean shared, String why)
    implements Serializable {

  /** Begins what is found where nothing is. */
  private static final String MISSING = "NOT there";

  private static final String FOLDER = "a folder";

  PathFacts(String path, String problem) {
    this(path, "", problem, false);
  }

  private PathFacts(String path, String found, String problem, boolean shared) {
    this(path, found, problem, shared, "");
  }

  /** The same, of a path that nobody asked for. */
  PathFacts because(String reason) {
    return new PathFacts(path, found, problem, shared, reason);
  }

  /** As {@link #probe(String, Configuration)}, and whether it is the driver's. */
  static PathFacts probe(PathMark mark, Configuration conf) {
    PathFacts reached = probe(mark.path(), conf);
    if (!reached.problem.isEmpty()) {
      return reached;
    }
    return mark.isSeen(conf)
        ? new PathFacts(mark.path(), reached.found, "", true)
        : new PathFacts(
            mark.path(),
            reached.found,
            mark.path()
                + " is another place here than for the driver: use hdfs:, s3a:, or a shared folder"
                + " that is mounted at the same place on every host",
            false);
  }

  /**
   * Reads what is there; where nothing is, writes a file into the nearest folder above, as an
   * output would, and takes it away again.
   */
  static PathFacts probe(String path, Configuration conf) {
    try {
      Path hadoop = new Path(path);
      FileSystem fs = hadoop.getFileSystem(conf);
      FileStatus status = status(fs, hadoop);
      if (status == null) {
        return missing(fs, hadoop, path);
      }
      return there(fs, status, path);
    } catch (IOException | RuntimeException e) {
      String reason = MissingConnector.in(e).orElseGet(() -> reason(e));
      return new PathFacts(path, path + " cannot be reached: " + reason);
    }
  }

  /** Null where nothing is. */
  private static FileStatus status(FileSystem fs, Path path) throws IOException {
    try {
      return fs.getFileStatus(path);
    } catch (FileNotFoundException | ParentNotDirectoryException e) {
      return null;
    }
  }

  private static PathFacts there(FileSystem fs, FileStatus status, String asked) {
    try {
      if (status.isDirectory()) {
        boolean ignored = fs.listStatusIterator(status.getPath()).hasNext();
        return new PathFacts(asked, FOLDER, "", false);
      }
      try (InputStream in = fs.open(status.getPath())) {
        int ignored = in.read();
      }
      return new PathFacts(asked, "a file of " + status.getLen() + " bytes", "", false);
    } catch (FSError e) {
      // What Hadoop's local file system throws for a disk that refuses.
      return new PathFacts(asked, asked + " cannot be read: " + e.getCause().getMessage());
    } catch (IOException | RuntimeException e) {
      return new PathFacts(asked, asked + " cannot be read: " + reason(e));
    }
  }

  private static PathFacts missing(FileSystem fs, Path path, String asked) {
    Path above = path.getParent();
    try {
      FileStatus nearest = null;
      while (above != null && nearest == null) {
        nearest = status(fs, above);
        above = nearest == null ? above.getParent() : above;
      }
      if (nearest != null && !nearest.isDirectory()) {
        String problem = asked + " is not there and cannot be: " + above + " is a file";
        return new PathFacts(asked, problem);
      }
      Path token = new Path(above, PathMark.PREFIX + UUID.randomUUID());
      fs.create(token, false).close();
      fs.delete(token, false);
    } catch (IOException | RuntimeException | FSError e) {
      String problem =
          asked + " is not there, and nothing can be written to " + above + ": " + reason(e);
      return new PathFacts(asked, problem);
    }
    return new PathFacts(
        asked, MISSING + ", which is right for an output only; " + above + " takes one", "", false);
  }

  private static String reason(Throwable e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }

  boolean isMissing() {
    return found.startsWith(MISSING);
  }

  private String same() {
    return found.equals(FOLDER)
        ? "the same folder as the driver's"
        : found + ", the same as the driver's";
  }

  String line() {
    return path
        + (why.isEmpty() ? "" : " (" + why + ")")
        + (!problem.isEmpty()
            ? (problem.contains("another place") ? " NOT the driver's" : " NOT usable")
            : ": " + (shared ? same() : found));
  }
}
