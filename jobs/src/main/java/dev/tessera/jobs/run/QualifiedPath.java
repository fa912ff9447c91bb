package dev.tessera.jobs.run;

import dev.tessera.models.UserException;
import java.io.IOException;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/**
 * Paths with their file system and folder: a relative one means the driver's, wherever it is read.
 */
public final class QualifiedPath {

  private QualifiedPath() {}

  /**
   * Qualifies a path as a user gave it.
   *
   * @throws UserException if its file system cannot be reached
   */
  public static Path of(Configuration conf, String path) {
    try {
      Path given = new Path(path);
      return given.getFileSystem(conf).makeQualified(given);
    } catch (IOException | RuntimeException e) {
      String reason = MissingConnector.in(e).orElseGet(e::getMessage);
      throw new UserException("Cannot reach " + path + ": " + reason, e);
    }
  }
}
