package dev.tessera.models.checkpoint;

import dev.tessera.models.UserException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/**
 * Opens files of a Hadoop file system. On the local one it goes to the file itself: no copy through
 * the heap, no hidden {@code .crc} file beside each of ours, and a rename that is one system call.
 */
final class CheckpointFiles {

  private final FileSystem fs;

  CheckpointFiles(FileSystem fs) {
    this.fs = fs;
  }

  /**
   * @throws UserException if there is no such file
   */
  FileSource open(Path file) throws IOException {
    java.nio.file.Path local = local(file);
    try {
      return local == null ? new HadoopFileSource(fs, file) : new LocalFileSource(local);
    } catch (FileNotFoundException | NoSuchFileException e) {
      throw new UserException("Cannot read " + file + ": there is no such file", e);
    }
  }

  WritableByteChannel create(Path file) throws IOException {
    java.nio.file.Path local = local(file);
    return local == null ? new HadoopFileSink(fs, file) : new LocalFileSink(local);
  }

  /** Gives a directory its final name, which must be free. */
  void rename(Path from, Path to) throws IOException {
    java.nio.file.Path local = local(to);
    if (local != null) {
      Files.move(local(from), local, StandardCopyOption.ATOMIC_MOVE);
      try (FileChannel parent = FileChannel.open(local.getParent(), StandardOpenOption.READ)) {
        parent.force(true);
      }
      return;
    }
    // Hadoop moves *into* a directory that exists, and says that it succeeded.
    if (fs.exists(to) || !fs.rename(from, to)) {
      throw new IOException("Cannot rename " + from + " to " + to);
    }
  }

  private java.nio.file.Path local(Path path) {
    if (fs instanceof LocalFileSystem local) {
      return local.pathToFile(path).toPath();
    }
    if (fs instanceof RawLocalFileSystem raw) {
      return raw.pathToFile(path).toPath();
    }
    return null;
  }
}
