package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Folders that nobody but this user reads or writes. A shared temporary folder is open to all: what
 * is found there under the right name may be another user's.
 */
final class PrivateFolder {

  private static final String MODE = "rwx------";
  private static final String UID = "unix:uid";

  private PrivateFolder() {}

  /**
   * Makes {@code folder}, or takes one that is this user's and closes it to others.
   *
   * @throws InvalidDatasetException if it is another user's
   */
  static void open(Path folder) throws IOException {
    if (!posix(folder)) {
      Files.createDirectories(folder);
      return;
    }
    make(folder);
    if (!isOurs(folder)) {
      throw foreign(folder);
    }
    if (!PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)).equals(MODE)) {
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString(MODE));
    }
  }

  /**
   * Makes the folder that private ones are in, unless it is there: a disk's folder for all users
   * may be it.
   *
   * @throws InvalidDatasetException if it is another user's than this one and root
   */
  static void openRoot(Path folder) throws IOException {
    if (!posix(folder)) {
      Files.createDirectories(folder);
      return;
    }
    make(folder);
    if (!isOurs(folder) && !isRoots(folder)) {
      throw foreign(folder);
    }
  }

  private static void make(Path folder) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (folder.toAbsolutePath().getParent() != null) {
      Files.createDirectories(folder.toAbsolutePath().getParent());
    }
    try {
      Files.createDirectory(
          folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(MODE)));
    } catch (FileAlreadyExistsException e) {
      // Somebody was faster: whose it is, is looked at next.
    }
  }

  private static boolean posix(Path folder) {
    return folder.getFileSystem().supportedFileAttributeViews().contains("unix");
  }

  /** The folder, and the link if one leads there. */
  private static boolean isOurs(Path folder) throws IOException {
    Object self = Files.getAttribute(Path.of("/proc/self"), UID);
    return self.equals(Files.getAttribute(folder, UID))
        && self.equals(Files.getAttribute(folder, UID, LinkOption.NOFOLLOW_LINKS));
  }

  private static boolean isRoots(Path folder) throws IOException {
    Object owner = Files.getAttribute(folder, UID, LinkOption.NOFOLLOW_LINKS);
    return owner.equals(0) && Files.getAttribute(folder, UID).equals(0);
  }

  private static InvalidDatasetException foreign(Path folder) {
    return new InvalidDatasetException(
        "The cache folder "
            + folder
            + " belongs to another user, who could change what is trained on: choose another with"
            + " output.cache, or have it removed");
  }
}
