package dev.tessera.datasets;

import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.util.Progressable;

/** The local disk as {@code faulty:}, which fails where a test says and counts open streams. */
public final class FaultyFileSystem extends RawLocalFileSystem {

  /** Called before {@code open}, {@code create}, {@code rename} and {@code delete}. */
  @FunctionalInterface
  public interface Fault {
    void before(String operation, Path path) throws IOException;
  }

  public static final Fault NONE = (operation, path) -> {};

  private static final URI ROOT = URI.create("faulty:///");
  private static final AtomicInteger OPEN = new AtomicInteger();
  private static volatile Fault fault = NONE;

  public static Configuration configuration() {
    Configuration conf = new Configuration();
    conf.setClass("fs.faulty.impl", FaultyFileSystem.class, FileSystem.class);
    return conf;
  }

  public static void failBy(Fault next) {
    fault = next;
  }

  /** Opened since the process began and not closed. */
  public static int openStreams() {
    return OPEN.get();
  }

  @Override
  public String getScheme() {
    return "faulty";
  }

  @Override
  public URI getUri() {
    return ROOT;
  }

  // The superclass's own status looks for permissions and takes the path for one of file:.
  @Override
  public FileStatus getFileStatus(Path path) throws IOException {
    return plain(super.getFileStatus(path));
  }

  @Override
  public FileStatus[] listStatus(Path path) throws IOException {
    fault.before("list", path);
    return Arrays.stream(super.listStatus(path))
        .map(FaultyFileSystem::plain)
        .toArray(FileStatus[]::new);
  }

  private static FileStatus plain(FileStatus status) {
    return new FileStatus(
        status.getLen(),
        status.isDirectory(),
        status.getReplication(),
        status.getBlockSize(),
        status.getModificationTime(),
        status.getPath());
  }

  @Override
  public FSDataInputStream open(Path path, int bufferSize) throws IOException {
    fault.before("open", path);
    FSDataInputStream in = super.open(path, bufferSize);
    OPEN.incrementAndGet();
    return new FSDataInputStream(in) {
      private boolean closed;

      @Override
      public void close() throws IOException {
        super.close();
        if (!closed) {
          closed = true;
          OPEN.decrementAndGet();
        }
      }
    };
  }

  @Override
  public FSDataOutputStream create(
      Path path,
      FsPermission permission,
      boolean overwrite,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    fault.before("create", path);
    return counted(
        super.create(path, permission, overwrite, bufferSize, replication, blockSize, progress));
  }

  @Override
  public FSDataOutputStream createNonRecursive(
      Path path,
      FsPermission permission,
      EnumSet<CreateFlag> flags,
      int bufferSize,
      short replication,
      long blockSize,
      Progressable progress)
      throws IOException {
    fault.before("create", path);
    return counted(
        super.createNonRecursive(
            path, permission, flags, bufferSize, replication, blockSize, progress));
  }

  private static FSDataOutputStream counted(FSDataOutputStream out) throws IOException {
    OPEN.incrementAndGet();
    return new FSDataOutputStream(out, null) {
      private boolean closed;

      @Override
      public void close() throws IOException {
        super.close();
        if (!closed) {
          closed = true;
          OPEN.decrementAndGet();
        }
      }
    };
  }

  @Override
  public boolean rename(Path from, Path to) throws IOException {
    fault.before("rename", from);
    return super.rename(from, to);
  }

  @Override
  public boolean delete(Path path, boolean recursive) throws IOException {
    fault.before("delete", path);
    return super.delete(path, recursive);
  }
}
