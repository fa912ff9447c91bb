package dev.tessera.datasets.source;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.security.AccessControlException;

/** Lists the files of a source, in an order that never changes. */
final class SourceFiles {

  private SourceFiles() {}

  /**
   * A file below a root.
   *
   * @param location Hadoop's path, or a location of {@link LocalFiles}
   * @param problem why it cannot be read, or null
   */
  record Found(String location, String relative, long bytes, String problem) {

    /** For Hadoop; of a local name that is no UTF-8 there is none. */
    Path path() {
      return LocalFiles.isLocation(location)
          ? new Path(URI.create("file:" + location.substring("file://".length())))
          : new Path(location);
    }

    /** The file's own name in lower case. */
    String lowerName() {
      return relative.substring(relative.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The file system of a path. A local one is read without the checksums that Hadoop may have left
   * beside files: its class for them cannot name a file with a colon, and people edit files.
   */
  static FileSystem fileSystem(Configuration conf, Path path) throws IOException {
    FileSystem fs = path.getFileSystem(conf);
    return isLocal(fs) && fs instanceof LocalFileSystem local ? local.getRaw() : fs;
  }

  /** The same for libraries that look for the file system themselves. */
  static Configuration withoutChecksums(Configuration conf) throws IOException {
    if (!(new Path("file:///").getFileSystem(conf) instanceof LocalFileSystem)) {
      return conf;
    }
    Configuration raw = new Configuration(conf);
    raw.set("fs.file.impl", RawLocalFileSystem.class.getName());
    raw.setBoolean("fs.file.impl.disable.cache", true);
    return raw;
  }

  static boolean isLocal(FileSystem fs) {
    return fs.getUri().getScheme().equals("file")
        && (fs instanceof LocalFileSystem || fs instanceof RawLocalFileSystem);
  }

  /** All files below {@code root}, or {@code root} itself if it is one, sorted by name. */
  private static List<Found> under(Configuration conf, String root, ListingLog log)
      throws IOException {
    Path path = new Path(root);
    FileSystem fs = path.getFileSystem(conf);
    Path base = fs.makeQualified(path);
    List<Found> found = new ArrayList<>();
    try {
      boolean file = fileSystem(conf, path).getFileStatus(path).isFile();
      if (isLocal(fs)) {
        java.nio.file.Path local = local(base);
        found.addAll(file ? List.of(LocalFiles.file(local)) : LocalFiles.under(local, log));
      } else if (file) {
        return List.of(
            new Found(base.toString(), base.getName(), fs.getFileStatus(path).getLen(), null));
      } else {
        remote(fs, base, found, log);
      }
    } catch (FileNotFoundException e) {
      throw missing(root, e);
    } catch (AccessControlException e) {
      throw forbidden(root, e);
    }
    found.sort(Comparator.comparing(Found::relative));
    return found;
  }

  private static void remote(FileSystem fs, Path base, List<Found> found, ListingLog log)
      throws IOException {
    RemoteIterator<LocatedFileStatus> files = fs.listFiles(base, true);
    while (files.hasNext()) {
      LocatedFileStatus file = files.next();
      String relative = relative(base, fs.makeQualified(file.getPath()));
      if (!hidden(relative)) {
        found.add(new Found(file.getPath().toString(), relative, file.getLen(), null));
        log.found();
      }
    }
  }

  static java.nio.file.Path local(Path qualified) {
    try {
      return new File(qualified.toUri().getPath()).toPath();
    } catch (InvalidPathException e) {
      throw new InvalidDatasetException(
          qualified + " is no name in this locale: set LC_ALL to a UTF-8 locale such as C.UTF-8",
          e);
    }
  }

  /** Whether a name is a pattern; brackets alone are taken literally, folders have them. */
  private static boolean isGlob(String pattern) {
    return pattern.indexOf('*') >= 0 || pattern.indexOf('?') >= 0 || pattern.indexOf('{') >= 0;
  }

  /** As above, and nothing has this very name. */
  static boolean isGlob(Configuration conf, String pattern) throws IOException {
    Path path = new Path(pattern);
    return isGlob(pattern) && !fileSystem(conf, path).exists(path);
  }

  /**
   * Files that {@code pattern} names: a path or a glob. Names are relative to the folder before the
   * first wildcard, so that files of several folders differ in theirs.
   */
  static List<Found> matching(Configuration conf, String pattern, ListingLog log)
      throws IOException {
    if (!isGlob(conf, pattern)) {
      return under(conf, pattern, log);
    }
    Path path = new Path(pattern);
    FileSystem fs = fileSystem(conf, path);
    boolean local = isLocal(fs);
    Path base = fs.makeQualified(fixedFolder(path));
    Map<String, Found> found = new LinkedHashMap<>(); // Two alternatives may match one file.
    for (FileStatus match : matches(conf, pattern)) {
      Path file = fs.makeQualified(match.getPath());
      String relative = relative(base, file);
      if (match.isFile()) {
        String location = local ? local(file).toUri().toString() : file.toString();
        found.put(location, new Found(location, relative, match.getLen(), null));
        log.found();
      } else {
        for (Found below : under(conf, file.toString(), log)) {
          String name = relative + "/" + below.relative();
          found.put(
              below.location(), new Found(below.location(), name, below.bytes(), below.problem()));
        }
      }
    }
    if (found.isEmpty()) {
      throw missing(pattern, null);
    }
    List<Found> sorted = new ArrayList<>(found.values());
    sorted.sort(Comparator.comparing(Found::relative));
    return sorted;
  }

  /** Files and folders that match a pattern, those with hidden names left out. */
  static List<FileStatus> matches(Configuration conf, String pattern) throws IOException {
    Path path = new Path(pattern);
    FileSystem fs = fileSystem(conf, path);
    Path base = fs.makeQualified(fixedFolder(path));
    FileStatus[] matches = fs.globStatus(path);
    List<FileStatus> seen = new ArrayList<>();
    for (FileStatus match : matches == null ? new FileStatus[0] : matches) {
      if (!hidden(relative(base, fs.makeQualified(match.getPath())))) {
        seen.add(match);
      }
    }
    if (seen.isEmpty()) {
      throw missing(pattern, null);
    }
    return seen;
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

  static InvalidDatasetException forbidden(Object folder, Throwable cause) {
    return new InvalidDatasetException(
        folder + " may not be read: allow it, or give an input without it", cause);
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
