package dev.tessera.datasets.lease;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.PlainFileSystem;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A new file that appears whole or not at all and has one writer at a time: it is made in a folder
 * of its own beside its place, which is owned meanwhile, and renamed. What a killed writer left
 * there is removed by the next. Every writer makes a file of its own name: one that was stopped for
 * so long that another took its place neither writes into that one's file nor removes it.
 */
public final class OwnedFile {

  private static final Logger LOG = LoggerFactory.getLogger(OwnedFile.class);
  private static final String CONTENT = "content-";

  private OwnedFile() {}

  /** What writes the bytes; need not close. */
  public interface Content {
    void write(OutputStream out) throws IOException;
  }

  /** Where {@code target} is made. */
  static Path workplace(Path target) {
    return new Path(target.getParent(), "." + target.getName() + ".unfinished");
  }

  /**
   * Writes a file.
   *
   * @param target qualified, in a folder that exists
   * @param doing what is written, for those who are refused
   * @throws InvalidDatasetException if it exists by now, or another process is writing it
   */
  public static void write(Configuration conf, Path target, String doing, Content content)
      throws IOException {
    FileSystem fs = target.getFileSystem(conf);
    Path folder = workplace(target);
    try (Lease lease = Lease.acquire(conf, folder, doing)) {
      Path made = new Path(folder, CONTENT + lease.id());
      try {
        removeLeft(fs, folder);
        try (OutputStream out = PlainFileSystem.of(fs).create(made, true)) {
          content.write(out);
        }
        lease.requireNow();
        if (fs.exists(target)) {
          throw new InvalidDatasetException(target + " exists: choose another or remove it.");
        }
        if (!fs.rename(made, target)) {
          throw new IOException("cannot rename " + made);
        }
      } finally {
        fs.delete(made, false);
      }
    } finally {
      removeEmpty(fs, folder);
    }
  }

  /** What writers before left; of the owner only, which writes nothing yet. */
  private static void removeLeft(FileSystem fs, Path folder) throws IOException {
    for (FileStatus entry : fs.listStatus(folder)) {
      if (entry.isFile()) {
        fs.delete(entry.getPath(), false);
      }
    }
  }

  private static void removeEmpty(FileSystem fs, Path folder) {
    try {
      if (fs.exists(folder) && fs.listStatus(folder).length == 0) {
        fs.delete(folder, false);
      }
    } catch (IOException e) {
      LOG.debug("{} stays: somebody writes there", folder, e);
    }
  }
}
