package dev.tessera.jobs.doctor;

import dev.tessera.jobs.run.MissingConnector;
import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Whether Hadoop reaches a path.
 *
 * @param problem why not, empty when it does
 * @param shared whether it was found to be what the driver sees
 */
record PathFacts(String path, String problem, boolean shared) implements Serializable {

  PathFacts(String path, String problem) {
    this(path, problem, false);
  }

  /** As {@link #probe(String, Configuration)}, and whether it is the driver's. */
  static PathFacts probe(PathMark mark, Configuration conf) {
    PathFacts reached = probe(mark.path(), conf);
    if (!reached.problem.isEmpty()) {
      return reached;
    }
    return mark.isSeen(conf)
        ? new PathFacts(mark.path(), "", true)
        : new PathFacts(
            mark.path(),
            mark.path()
                + " is another place here than for the driver: use hdfs:, s3a:, or a shared folder"
                + " that is mounted at the same place on every host");
  }

  /** Asks the path's file system about it; that it does not exist yet is no problem. */
  static PathFacts probe(String path, Configuration conf) {
    try {
      Path hadoop = new Path(path);
      FileSystem files = hadoop.getFileSystem(conf);
      files.exists(hadoop);
      return new PathFacts(path, "");
    } catch (IOException | RuntimeException e) {
      String reason = MissingConnector.in(e).orElseGet(e::getMessage);
      return new PathFacts(path, path + " cannot be reached: " + reason);
    }
  }

  String line() {
    return path
        + (!problem.isEmpty()
            ? (problem.contains("another place") ? " NOT the driver's" : " NOT reachable")
            : shared ? " the driver's" : " reachable");
  }
}
