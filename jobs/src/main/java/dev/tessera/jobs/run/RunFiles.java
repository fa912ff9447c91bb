package dev.tessera.jobs.run;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.datasets.PlainFileSystem;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** Small whole files below one folder; a reader never sees half of one. */
final class RunFiles {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final FileSystem system;
  private final Path folder;

  /** The highest folder that {@link #claim} made. */
  private Path made;

  RunFiles(FileSystem system, Path folder) {
    this.system = PlainFileSystem.of(system);
    this.folder = folder;
  }

  /** Makes the folder with one file in it; false if somebody else has or was faster. */
  boolean claim(String name, String content) throws IOException {
    if (system.exists(folder)) {
      return false;
    }
    made = firstMissing();
    if (!makeFolder()) {
      return false;
    }
    try (FSDataOutputStream out = system.create(new Path(folder, name), false)) {
      out.write(content.getBytes(StandardCharsets.UTF_8));
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (IOException | FSError e) {
      // The folder is ours, and a disk that takes no file keeps nothing of the run.
      removeAll();
      throw e instanceof IOException io ? io : new IOException(e.getCause().getMessage(), e);
    }
  }

  /**
   * False if somebody was faster, as far as making a folder tells. Hadoop's local file system looks
   * before it creates a file, so two processes can both believe they have created it; the operating
   * system makes a folder only once. Of HDFS and S3A the file that is created next is the proof.
   */
  private boolean makeFolder() throws IOException {
    if (system instanceof RawLocalFileSystem local) {
      system.mkdirs(folder.getParent());
      if (local.pathToFile(folder).mkdir()) {
        return true;
      }
      if (system.exists(folder)) {
        return false;
      }
      throw new IOException("the folder cannot be made");
    }
    return system.mkdirs(folder);
  }

  private Path firstMissing() throws IOException {
    Path missing = folder;
    for (Path above = folder.getParent();
        above != null && !system.exists(above);
        above = above.getParent()) {
      missing = above;
    }
    return missing;
  }

  /** Removes the folder, and those above it that it was made with, as far as they are empty. */
  void removeAll() throws IOException {
    system.delete(folder, true);
    Path at = folder;
    while (made != null && !at.equals(made)) {
      at = at.getParent();
      if (system.listStatus(at).length > 0) {
        return;
      }
      system.delete(at, false);
    }
  }

  boolean exists(String name) throws IOException {
    return system.exists(new Path(folder, name));
  }

  FileStatus[] list(String name) throws IOException {
    return system.listStatus(new Path(folder, name));
  }

  byte[] bytes(Path file) throws IOException {
    try (FSDataInputStream in = system.open(file)) {
      return in.readAllBytes();
    }
  }

  Optional<String> text(String name) throws IOException {
    try {
      return Optional.of(new String(bytes(new Path(folder, name)), StandardCharsets.UTF_8));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    }
  }

  <T> Optional<T> json(String name, TypeReference<T> type) throws IOException {
    Optional<String> text = text(name);
    return text.isEmpty() ? Optional.empty() : Optional.of(JSON.readValue(text.get(), type));
  }

  void writeJson(String name, Object value) throws IOException {
    write(name, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(value));
  }

  /** Written aside and renamed. */
  void write(String name, byte[] content) throws IOException {
    Path target = new Path(folder, name);
    Path aside = new Path(target.getParent(), "." + target.getName() + ".writing");
    try (FSDataOutputStream out = system.create(aside, true)) {
      out.write(content);
    }
    system.delete(target, false);
    if (!system.rename(aside, target)) {
      throw new IOException("Cannot rename " + aside + " to " + target);
    }
  }
}
