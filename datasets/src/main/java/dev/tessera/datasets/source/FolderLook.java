package dev.tessera.datasets.source;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.security.AccessControlException;

/**
 * A look at the first files of a folder and of those in it, broad before deep, to tell what it
 * holds. It ends after a number of files, so that it costs the same for millions.
 */
final class FolderLook {

  private static final int FILES = 2_000;
  private static final int FOLDERS = 100;
  private static final int FILES_OF_ONE = 500;

  private final FileSystem fs;
  private final ArrayDeque<Path> folders = new ArrayDeque<>();
  private final Map<Kind, Integer> kinds = new EnumMap<>(Kind.class);
  private String foreign;
  private int seen;

  private FolderLook(FileSystem fs) {
    this.fs = fs;
  }

  /** What most of the recognised files are, a tie going to the archives; pictures if none is. */
  static FolderLook at(FileSystem fs, Path root) throws IOException {
    FolderLook look = new FolderLook(fs);
    look.folders.add(root);
    for (int i = 0; i < FOLDERS && look.seen < FILES && !look.folders.isEmpty(); i++) {
      Path folder = look.folders.remove();
      try {
        look.look(folder);
      } catch (AccessDeniedException | AccessControlException e) {
        throw SourceFiles.forbidden(folder, e);
      } catch (FileNotFoundException | NoSuchFileException e) {
        if (folder.equals(root)) {
          throw e;
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    }
    return look;
  }

  private void look(Path folder) throws IOException {
    int limit = seen + FILES_OF_ONE;
    if (SourceFiles.isLocal(fs)) {
      java.nio.file.Path local = SourceFiles.local(fs.makeQualified(folder));
      try (DirectoryStream<java.nio.file.Path> entries = Files.newDirectoryStream(local)) {
        for (java.nio.file.Path entry : entries) {
          String name = entry.getFileName().toString();
          if (seen < limit && name.indexOf('\ufffd') < 0) {
            look(new Path(folder, new Path(null, null, name)), Files.isDirectory(entry));
          } else {
            seen++;
          }
          if (seen >= limit) {
            return;
          }
        }
      }
    } else {
      RemoteIterator<FileStatus> entries = fs.listStatusIterator(folder);
      while (entries.hasNext() && seen < limit) {
        FileStatus entry = entries.next();
        look(entry.getPath(), entry.isDirectory());
      }
    }
  }

  private void look(Path entry, boolean folder) {
    String name = entry.getName();
    if (SourceFiles.hidden(name)) {
      return;
    }
    if (folder) {
      folders.add(entry);
      return;
    }
    seen++;
    Optional<String> known = Kind.foreign(name);
    if (known.isPresent()) {
      foreign = entry + " is " + known.get();
      return;
    }
    if (!Metadata.isTable(name)) {
      Kind.of(name).ifPresent(kind -> kinds.merge(kind, 1, Integer::sum));
    }
  }

  Kind kind() {
    Kind most = Kind.PICTURES;
    for (Kind kind : kinds.keySet()) {
      // A zip beside pictures, or one stray binary, is a file like another.
      if (count(kind) >= Math.max(1, count(most))) {
        most = kind;
      }
    }
    boolean stray = most == Kind.ZIP && kinds.size() > 1;
    return stray && count(Kind.PICTURES) > 0 ? Kind.PICTURES : most;
  }

  /** Whether any file was recognised. */
  boolean foundAny() {
    return !kinds.isEmpty();
  }

  /** A sentence on a file of a kind that is not read, if nothing else was recognised. */
  Optional<String> foreign() {
    return kinds.isEmpty() ? Optional.ofNullable(foreign) : Optional.empty();
  }

  private int count(Kind kind) {
    return kinds.getOrDefault(kind, 0);
  }
}
