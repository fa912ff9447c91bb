package dev.tessera.spark.temporary;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;

/** A folder with all below it. Links are removed and never followed. */
final class FileTree {

  private FileTree() {}

  /** Whether it is there itself, and this user's. */
  static boolean isMine(Path path) throws IOException {
    try {
      return uid(path, LinkOption.NOFOLLOW_LINKS).equals(uid(Path.of("/proc/self")));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static Object uid(Path path, LinkOption... options) throws IOException {
    return Files.getAttribute(path, "unix:uid", options);
  }

  static boolean isFolder(Path path) {
    return Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
  }

  /** Removes what others do not remove in the same moment. */
  static void remove(Path folder) throws IOException {
    try {
      Files.walkFileTree(folder, new Removal());
    } catch (NoSuchFileException e) {
      // Another has removed it.
    }
  }

  private static final class Removal extends SimpleFileVisitor<Path> {

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
      if (e instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw e;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, IOException e) throws IOException {
      if (e != null && !(e instanceof NoSuchFileException)) {
        throw e;
      }
      Files.deleteIfExists(folder);
      return FileVisitResult.CONTINUE;
    }
  }
}
