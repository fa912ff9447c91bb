package dev.tessera.datasets.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Walks a folder of the local file system with the JDK: one look at each file, where Hadoop's
 * listing forks a process for its permissions, and names as the bytes that they are, where
 * java.io.File loses those that the locale cannot say.
 *
 * <p>Every real file is found once. Links are followed after all else, in the order of their names:
 * one to a file that was found, or to a folder that was walked, adds nothing.
 */
final class LocalFiles {

  /** Begins no Hadoop path: those of local files have one slash there. */
  private static final String LOCATION = "file:///";

  private record Link(Path path, String relative) {}

  private final ListingLog log;
  private final List<SourceFiles.Found> found = new ArrayList<>();
  private final List<Link> links = new ArrayList<>();
  private final List<Path> regular = new ArrayList<>();
  private final Set<Object> folders = new HashSet<>();
  private long again;
  private long foreign;

  private LocalFiles(ListingLog log) {
    this.log = log;
  }

  /** Whether a location is one of this class's, which {@link #path} opens. */
  static boolean isLocation(String location) {
    return location.startsWith(LOCATION);
  }

  /** The file of a location: a URI whose escapes are the bytes of the name. */
  static Path path(String location) {
    return Path.of(URI.create(location));
  }

  /** Whether java.io.File, and so Hadoop, can open it in this locale. */
  static boolean nameable(String location) {
    return path(location).toString().indexOf('\ufffd') < 0;
  }

  static SourceFiles.Found file(Path file) throws IOException {
    String name = new LocalFiles(new ListingLog(files -> {})).name(file.getFileName());
    return new SourceFiles.Found(file.toUri().toString(), name, Files.size(file), null);
  }

  /** All files below a folder, in no order. */
  static List<SourceFiles.Found> under(Path root, ListingLog log) throws IOException {
    LocalFiles files = new LocalFiles(log);
    files.walk(root, "");
    files.follow();
    if (files.again > 0) {
      log.note(
          "links: "
              + Counted.of(files.again, "link leads", "links lead")
              + " to what is listed anyway, and count as nothing");
    }
    if (files.foreign > 0) {
      log.note(
          "names: "
              + Counted.of(files.foreign, "name is", "names are")
              + " no UTF-8, and shown as if Latin-1");
    }
    return files.found;
  }

  private void walk(Path folder, String prefix) throws IOException {
    try {
      if (!folders.add(Files.readAttributes(folder, BasicFileAttributes.class).fileKey())) {
        again++;
        return;
      }
    } catch (NoSuchFileException e) {
      gone(prefix, e);
      return;
    }
    List<Link> inner = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        String name = name(entry.getFileName());
        if (!SourceFiles.hidden(name)) {
          visit(entry, prefix + name, inner);
        }
      }
    } catch (AccessDeniedException e) {
      throw SourceFiles.forbidden(folder, e);
    } catch (NoSuchFileException e) {
      gone(prefix, e);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    for (Link subfolder : inner) {
      walk(subfolder.path(), subfolder.relative() + "/");
    }
  }

  /** A folder deleted while the listing lasts is not there; only the input itself must be. */
  private static void gone(String prefix, NoSuchFileException e) throws NoSuchFileException {
    if (prefix.isEmpty()) {
      throw e;
    }
  }

  private void visit(Path entry, String relative, List<Link> subfolders) throws IOException {
    BasicFileAttributes is;
    try {
      is = Files.readAttributes(entry, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException e) {
      return; // Deleted while the folder was being read: it is not there.
    }
    if (is.isDirectory()) {
      subfolders.add(new Link(entry, relative));
    } else if (is.isSymbolicLink()) {
      links.add(new Link(entry, relative));
    } else {
      add(entry, relative, is.size(), is.isRegularFile() ? null : "no file (a pipe or device)");
      if (is.isRegularFile()) {
        regular.add(entry);
      }
    }
  }

  private void add(Path file, String relative, long bytes, String problem) {
    found.add(new SourceFiles.Found(file.toUri().toString(), relative, bytes, problem));
    log.found();
  }

  /** A followed folder may hold further links. */
  private void follow() throws IOException {
    Set<Object> known = new HashSet<>();
    while (!links.isEmpty()) {
      List<Link> now = new ArrayList<>(links);
      links.clear();
      now.sort(Comparator.comparing(Link::relative));
      for (Link link : now) {
        // Only here, and for what was added since: without links nobody needs the files' keys.
        for (Path file : regular) {
          try {
            known.add(Files.readAttributes(file, BasicFileAttributes.class).fileKey());
          } catch (NoSuchFileException e) {
            // Deleted since: whoever reads it says so.
          }
        }
        regular.clear();
        follow(link, known);
      }
    }
  }

  private void follow(Link link, Set<Object> known) throws IOException {
    BasicFileAttributes is;
    try {
      is = Files.readAttributes(link.path(), BasicFileAttributes.class);
    } catch (IOException e) {
      add(link.path(), link.relative(), 0, "dangling link");
      return;
    }
    if (is.isDirectory()) {
      walk(link.path(), link.relative() + "/");
    } else if (known.add(is.fileKey())) {
      add(
          link.path(),
          link.relative(),
          is.size(),
          is.isRegularFile() ? null : "no file (a pipe or device)");
    } else {
      again++;
    }
  }

  /** What the bytes of a name say: UTF-8, else Latin-1, whatever the locale of this JVM. */
  private String name(Path name) {
    String text = name.toString();
    if (text.indexOf('\ufffd') < 0) {
      return text;
    }
    byte[] bytes = bytes(name);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      foreign++;
      return new String(bytes, StandardCharsets.ISO_8859_1);
    }
  }

  private static byte[] bytes(Path name) {
    String escaped = Path.of("/").resolve(name).toUri().getRawPath();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int i = 1; i < escaped.length(); i++) {
      boolean escape = escaped.charAt(i) == '%';
      bytes.write(escape ? Integer.parseInt(escaped, i + 1, i + 3, 16) : (byte) escaped.charAt(i));
      i += escape ? 2 : 0;
    }
    return bytes.toByteArray();
  }
}
