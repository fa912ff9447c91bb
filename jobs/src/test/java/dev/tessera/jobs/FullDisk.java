package dev.tessera.jobs;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FsStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/**
 * Local files as {@code full:/...}, on a disk that takes so many bytes below a name and then
 * refuses, as Hadoop's local file system does it: with an error that is no exception.
 */
public final class FullDisk extends FileSystem {

  private static final URI NAME = URI.create("full:///");
  private static final AtomicLong ROOM = new AtomicLong();

  private static volatile String below = "";

  private final RawLocalFileSystem local = new RawLocalFileSystem();

  /** Files whose path holds {@code name} may take {@code bytes} more, all together. */
  static void allow(String name, long bytes) {
    below = name;
    ROOM.set(bytes);
  }

  @Override
  public void initialize(URI uri, Configuration conf) throws IOException {
    super.initialize(NAME, conf);
    local.initialize(URI.create("file:///"), conf);
    setConf(conf);
  }

  @Override
  public URI getUri() {
    return NAME;
  }

  @Override
  public String getScheme() {
    return NAME.getScheme();
  }

  @Override
  public boolean hasPathCapability(Path path, String capability) throws IOException {
    return local.hasPathCapability(plain(path), capability);
  }

  @Override
  public FsStatus getStatus(Path path) {
    long all = 1L << 40;
    return new FsStatus(all, all - ROOM.get(), ROOM.get());
  }

  @Override
  public FSDataInputStream open(Path file, int buffer) throws IOException {
    return local.open(plain(file), buffer);
  }

  @Override
  public FSDataOutputStream append(Path file, int buffer, Progressable progress)
      throws IOException {
    return limited(file, local.append(plain(file), buffer, progress));
  }

  @Override
  public FSDataOutputStream create(
      Path file,
      FsPermission permission,
      boolean overwrite,
      int buffer,
      short copies,
      long block,
      Progressable progress)
      throws IOException {
    Path plain = plain(file);
    return limited(file, local.create(plain, overwrite, buffer, copies, block, progress));
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    return local.rename(plain(from), plain(to));
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    return local.delete(plain(path), recursive);
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    return Arrays.stream(local.listStatus(plain(path)))
        .map(FullDisk::named)
        .toArray(FileStatus[]::new);
  }

  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return named(local.getFileStatus(plain(path)));
  }

  @Override
  public boolean mkdirs(Path path, FsPermission permission) throws IOException {
    return local.mkdirs(plain(path));
  }

  @Override
  public void setWorkingDirectory(Path folder) {
    local.setWorkingDirectory(plain(folder));
  }

  @Override
  public Path getWorkingDirectory() {
    return new Path("full", null, local.getWorkingDirectory().toUri().getPath());
  }

  private static Path plain(Path path) {
    return new Path(path.toUri().getPath());
  }

  private static FileStatus named(FileStatus status) {
    return new FileStatus(
        status.getLen(),
        status.isDirectory(),
        1,
        status.getBlockSize(),
        status.getModificationTime(),
        new Path("full", null, status.getPath().toUri().getPath()));
  }

  private static FSDataOutputStream limited(Path file, FSDataOutputStream out) throws IOException {
    return file.toString().contains(below) ? new FSDataOutputStream(new Limited(out), null) : out;
  }

  /** Hadoop's error cannot be made here: its own stream onto the system's full device throws it. */
  private static void refuse() throws IOException {
    try (RawLocalFileSystem local = new RawLocalFileSystem()) {
      local.initialize(URI.create("file:///"), new Configuration(false));
      try (FSDataOutputStream full = local.append(new Path("/dev/full"), 16, null)) {
        full.write(new byte[64]);
      }
    }
  }

  private static final class Limited extends FilterOutputStream {

    Limited(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      if (ROOM.addAndGet(-length) < 0) {
        ROOM.set(0);
        refuse();
      }
      out.write(bytes, from, length);
    }
  }
}
