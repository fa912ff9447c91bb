package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Whether Hadoop reaches a path.
 *
 * @param problem why not, empty when it does
 */
record PathFacts(String path, String problem) implements Serializable {

  /** Asks the path's file system about it; that it does not exist yet is no problem. */
  static PathFacts probe(String path, Configuration conf) {
    try {
      Path hadoop = new Path(path);
      FileSystem files = hadoop.getFileSystem(conf);
      files.exists(hadoop);
      return new PathFacts(path, "");
    } catch (IOException | RuntimeException e) {
      return new PathFacts(path, path + " cannot be reached: " + e.getMessage());
    }
  }

  String line() {
    return path + (problem.isEmpty() ? " reachable" : " NOT reachable");
  }
}
