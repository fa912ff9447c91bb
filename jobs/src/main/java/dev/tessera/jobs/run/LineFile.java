package dev.tessera.jobs.run;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CommonPathCapabilities;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;

/** A text file that grows by lines. An unfinished line of a killed writer is closed off. */
sealed interface LineFile extends AutoCloseable {

  void append(String line) throws IOException;

  @Override
  void close() throws IOException;

  /**
   * Opens for appending, whatever the file system: object stores cannot append, so they rewrite.
   */
  static LineFile open(Path path, Configuration hadoop) throws IOException {
    FileSystem files = plain(path.getFileSystem(hadoop));
    boolean appends = files.hasPathCapability(path, CommonPathCapabilities.FS_APPEND);
    return appends ? new Appending(files, path) : new Rewriting(files, path);
  }

  /** The finished lines; none when there is no such file. */
  static List<String> read(Path path, Configuration hadoop) throws IOException {
    String text = text(plain(path.getFileSystem(hadoop)), path);
    return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
  }

  /** A checksummed local file cannot grow; these lines check themselves. */
  private static FileSystem plain(FileSystem files) {
    return files instanceof LocalFileSystem local ? local.getRawFileSystem() : files;
  }

  private static String text(FileSystem files, Path path) throws IOException {
    try (FSDataInputStream in = files.open(path)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (FileNotFoundException e) {
      return "";
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** On file systems that append. */
  final class Appending implements LineFile {

    private final FSDataOutputStream out;

    Appending(FileSystem files, Path path) throws IOException {
      String before = text(files, path);
      out = files.exists(path) ? files.append(path) : files.create(path, false);
      if (!before.isEmpty() && !before.endsWith("\n")) {
        out.write('\n');
      }
    }

    @Override
    public void append(String line) throws IOException {
      out.write(bytes(line + "\n"));
      out.hflush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }

  /** On object stores: the whole file again, at most every ten seconds and at the end. */
  final class Rewriting implements LineFile {

    private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

    private final FileSystem files;
    private final Path path;
    private final StringBuilder text;
    private long written;

    Rewriting(FileSystem files, Path path) throws IOException {
      this.files = files;
      this.path = path;
      this.text = new StringBuilder(text(files, path));
      this.written = System.nanoTime() - INTERVAL_NANOS;
      if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
        text.append('\n');
      }
    }

    @Override
    public void append(String line) throws IOException {
      text.append(line).append('\n');
      if (System.nanoTime() - written >= INTERVAL_NANOS) {
        close();
      }
    }

    @Override
    public void close() throws IOException {
      try (FSDataOutputStream out = files.create(path, true)) {
        out.write(bytes(text.toString()));
      }
      written = System.nanoTime();
    }
  }
}
