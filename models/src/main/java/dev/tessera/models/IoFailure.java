package dev.tessera.models;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.fs.FSError;
import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.UnsupportedFileSystemException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;

/**
 * Tells failures of input and output that another attempt would meet again, which are the user's to
 * mend, from those that pass: a lost connection, a name node in its start, a throttled store.
 */
public final class IoFailure {

  private static final List<Class<? extends IOException>> LASTING =
      List.of(
          FileNotFoundException.class,
          AccessControlException.class,
          FileAlreadyExistsException.class,
          ParentNotDirectoryException.class,
          UnsupportedFileSystemException.class);

  /** What POSIX systems say of what has no class of its own in the JDK. */
  private static final List<String> REASONS =
      List.of(
          "no space left",
          "file too large",
          "quota",
          "not a directory",
          "is a directory",
          "read-only file system",
          "file name too long",
          "not permitted",
          "permission denied",
          // Hadoop's local file system, which has been told no reason.
          "mkdirs failed to create");

  private IoFailure() {}

  /**
   * Whether it lasts: a missing file, a missing permission, a path that leads through a file, a
   * full disk, a spent quota.
   */
  public static boolean lasts(IOException failure) {
    IOException e =
        failure instanceof RemoteException remote ? remote.unwrapRemoteException() : failure;
    if (LASTING.stream().anyMatch(kind -> kind.isInstance(e))) {
      return true;
    }
    // The JDK throws the plain class for all else, from a full disk to one that fails.
    if (e instanceof FileSystemException && e.getClass() != FileSystemException.class) {
      return true;
    }
    String message = e.getMessage() == null ? "" : e.getMessage().toLowerCase(Locale.ROOT);
    return REASONS.stream().anyMatch(message::contains);
  }

  /**
   * The exception for a failure: the user's, or one that a retry policy takes for what it is.
   *
   * @param sentence names the file and what was done with it
   */
  public static RuntimeException of(String sentence, IOException failure) {
    return lasts(failure)
        ? new UserException(sentence, failure)
        : new UncheckedIOException(sentence, failure);
  }

  /**
   * The exception for a run that had begun and cannot write: lasting, or one that a retry policy
   * takes for what it is.
   *
   * @param sentence names the file, without the reason
   * @param way out of it, where it lasts
   */
  public static RuntimeException ofWriting(String sentence, String way, Throwable failure) {
    // Hadoop's local file system throws an error for a write that the disk refuses.
    Throwable cause = failure instanceof FSError ? failure.getCause() : failure;
    IOException reason = cause instanceof IOException io ? io : new IOException(cause);
    String told = sentence + ": " + reason.getMessage();
    return lasts(reason)
        ? new StorageException(told + "; " + way, failure)
        : new UncheckedIOException(told, reason);
  }
}
