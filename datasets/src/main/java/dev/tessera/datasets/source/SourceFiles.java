package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/** Lists the files of a source through Hadoop's FileSystem, in an order that never changes. */
final class SourceFiles {

  private SourceFiles() {}

  /** A file below a root. */
  record Found(Path path, String relative, long bytes) {}

  /** All files below {@code root}, or {@code root} itself if it is one, sorted by name. */
  static List<Found> under(Configuration conf, String root) throws IOException {
    Path path = new Path(root);
    FileSystem fs = path.getFileSystem(conf);
    Path base = fs.makeQualified(path);
    List<Found> found = new ArrayList<>();
    try {
      if (fs.getFileStatus(path).isFile()) {
        return List.of(new Found(base, base.getName(), fs.getFileStatus(path).getLen()));
      }
      RemoteIterator<LocatedFileStatus> files = fs.listFiles(path, true);
      while (files.hasNext()) {
        LocatedFileStatus file = files.next();
        String relative = relative(base, fs.makeQualified(file.getPath()));
        if (!hidden(relative)) {
          found.add(new Found(file.getPath(), relative, file.getLen()));
        }
      }
    } catch (FileNotFoundException e) {
      throw missing(root, e);
    }
    found.sort(Comparator.comparing(Found::relative));
    return found;
  }

  /** Whether a name is a pattern; brackets alone are taken literally, folders have them. */
  static boolean isGlob(String pattern) {
    return pattern.indexOf('*') >= 0 || pattern.indexOf('?') >= 0 || pattern.indexOf('{') >= 0;
  }

  /**
   * Files that {@code pattern} names: a path or a glob. Names are relative to the folder before the
   * first wildcard, so that files of several folders differ in theirs.
   */
  static List<Found> matching(Configuration conf, String pattern) throws IOException {
    if (!isGlob(pattern)) {
      return under(conf, pattern);
    }
    Path path = new Path(pattern);
    FileSystem fs = path.getFileSystem(conf);
    Path base = fs.makeQualified(fixedFolder(path));
    FileStatus[] matches = fs.globStatus(path);
    List<Found> found = new ArrayList<>();
    for (FileStatus match : matches == null ? new FileStatus[0] : matches) {
      String relative = relative(base, fs.makeQualified(match.getPath()));
      if (match.isFile() && !hidden(relative)) {
        found.add(new Found(match.getPath(), relative, match.getLen()));
      }
    }
    if (found.isEmpty()) {
      throw missing(pattern, null);
    }
    found.sort(Comparator.comparing(Found::relative));
    return found;
  }

  private static Path fixedFolder(Path pattern) {
    Path folder = pattern;
    for (Path path = pattern; path != null; path = path.getParent()) {
      if (isGlob(path.getName())) {
        folder = path.getParent();
      }
    }
    return folder == null ? new Path(".") : folder;
  }

  static InvalidDatasetException missing(String root, Throwable cause) {
    return new InvalidDatasetException(root + " does not exist: check the input path", cause);
  }

  static InvalidDatasetException empty(String root, String wanted) {
    return new InvalidDatasetException(root + " holds no " + wanted + ": check the input path");
  }

  /** Names that file systems, archivers and Hadoop add; nobody means them as pictures. */
  static boolean hidden(String relative) {
    for (String part : relative.split("/", -1)) {
      if (part.startsWith(".") || part.equals("__MACOSX") || part.equals("_SUCCESS")) {
        return true;
      }
    }
    return false;
  }

  private static String relative(Path base, Path file) {
    String root = base.toUri().getPath();
    String path = file.toUri().getPath();
    int start = root.endsWith("/") ? root.length() : root.length() + 1;
    return path.startsWith(root) && path.length() > start ? path.substring(start) : file.getName();
  }
}
