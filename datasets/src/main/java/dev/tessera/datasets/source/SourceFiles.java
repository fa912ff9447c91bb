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

  /** Files that {@code pattern} names: a path or a glob. */
  static List<Found> matching(Configuration conf, String pattern) throws IOException {
    Path path = new Path(pattern);
    FileStatus[] matches = path.getFileSystem(conf).globStatus(path);
    if (matches == null || matches.length == 0) {
      throw missing(pattern, null);
    }
    List<Found> found = new ArrayList<>();
    for (FileStatus match : matches) {
      if (match.isFile()) {
        found.add(new Found(match.getPath(), match.getPath().getName(), match.getLen()));
      }
    }
    found.sort(Comparator.comparing(Found::relative));
    return found;
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
    return path.substring(start);
  }
}
