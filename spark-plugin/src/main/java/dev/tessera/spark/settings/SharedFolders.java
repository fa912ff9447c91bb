package dev.tessera.spark.settings;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;

/** What {@code spark.tessera.sharedFolders} says: where a path means the same on every host. */
public final class SharedFolders {

  private final List<Path> folders;

  private SharedFolders(List<Path> folders) {
    this.folders = folders;
  }

  public static SharedFolders of(SparkConf conf) {
    return new SharedFolders(
        parts(conf).map(Path::of).map(Path::normalize).filter(Path::isAbsolute).toList());
  }

  static boolean areAbsolute(SparkConf conf) {
    try {
      return parts(conf).map(Path::of).allMatch(Path::isAbsolute);
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static Stream<String> parts(SparkConf conf) {
    return Stream.of(conf.get(Setting.SHARED_FOLDERS.key(), "").split(","))
        .map(String::strip)
        .filter(part -> !part.isEmpty());
  }

  /** Whether a path of the local file system lies below one of them. */
  public boolean hold(Path path) {
    return folders.stream().anyMatch(path.normalize()::startsWith);
  }
}
