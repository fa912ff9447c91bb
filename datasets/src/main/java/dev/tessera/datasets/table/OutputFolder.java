package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.lease.Lease;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What may be overwritten, what is removed, and what is left as it was found. */
final class OutputFolder {

  static final String STAGING = "_temporary-";

  /** How the folder of an older table ends that a commit has set aside. */
  static final String OLD = "-old";

  private static final Logger LOG = LoggerFactory.getLogger(OutputFolder.class);

  /** What a table may hold, its manifest first, by today's names and former ones. */
  static final List<String> PARTS =
      List.of(
          ManifestFile.NAME,
          ManifestFile.FORMER_NAME,
          TableKind.folderOf(Subset.TRAIN),
          TableKind.folderOf(Subset.HELDOUT),
          TableKind.QUARANTINE_FOLDER,
          TableOutput.PREVIEW,
          TableOutput.TOKENIZER,
          DatasetCard.NAME,
          "data",
          "quarantine",
          "grid.png");

  private OutputFolder() {}

  static void check(FileSystem fs, Path table, boolean overwrite) throws IOException {
    checkWritable(fs, table);
    if (!fs.exists(table)) {
      return;
    }
    if (!fs.getFileStatus(table).isDirectory()) {
      throw new InvalidDatasetException(table + " is a file: choose another output");
    }
    FileStatus[] entries =
        Arrays.stream(fs.listStatus(table)).filter(e -> !isLeftover(e)).toArray(FileStatus[]::new);
    if (entries.length > 0 && !overwrite) {
      throw new InvalidDatasetException(
          table
              + " exists already: choose another output, or replace it with overwrite=true (ingest:"
              + " --overwrite)");
    }
    for (FileStatus entry : entries) {
      String name = entry.getPath().getName();
      if (!PARTS.contains(name) && !name.startsWith(STAGING)) {
        throw new InvalidDatasetException(
            table
                + " holds "
                + name
                + ", which no table has: not overwritten, choose another output");
      }
    }
  }

  /** Known of a local folder alone before a table is begun there. */
  private static void checkWritable(FileSystem fs, Path table) throws IOException {
    Path there = table;
    while (there.getParent() != null && !fs.exists(there)) {
      there = there.getParent();
    }
    URI place = fs.makeQualified(there).toUri();
    if ("file".equals(place.getScheme())) {
      java.nio.file.Path folder = java.nio.file.Path.of(place.getPath());
      if (Files.isDirectory(folder) && !Files.isWritable(folder)) {
        throw new InvalidDatasetException(
            "Cannot write to "
                + table
                + " (this user may not write to "
                + folder
                + "): choose another output");
      }
      if (Files.isDirectory(folder) && !there.equals(table)) {
        checkTakesFolders(folder, table);
      }
    }
  }

  /** By making one and taking it away: root may write to a place that takes nothing. */
  private static void checkTakesFolders(java.nio.file.Path folder, Path table) {
    try {
      Files.delete(Files.createTempDirectory(folder, STAGING));
    } catch (IOException e) {
      String reason = e instanceof FileSystemException told ? told.getReason() : null;
      throw new InvalidDatasetException(
          "Cannot write to "
              + table
              + " (no folder can be made in "
              + folder
              + (reason == null ? "" : ": " + reason)
              + "): choose another output",
          e);
    }
  }

  /** What is no table, and what only its owner may remove: claims, and stages of dead runs. */
  private static boolean isLeftover(FileStatus entry) {
    String name = entry.getPath().getName();
    return name.equals(Lease.FOLDER)
        || name.equals("_" + ManifestFile.NAME)
        || (name.startsWith(STAGING) && !name.endsWith(OLD));
  }

  /**
   * Removes what dead runs left, for who owns the folder: stages, and where a run died while it put
   * its table in place, that half of a table. The older one, set aside then, comes back.
   */
  static void clearLeftovers(FileSystem fs, Path table) throws IOException {
    for (FileStatus entry : fs.listStatus(table)) {
      String name = entry.getPath().getName();
      if (name.startsWith(STAGING) && name.endsWith(OLD)) {
        putBack(fs, table, entry.getPath());
      }
    }
    for (FileStatus entry : fs.listStatus(table)) {
      if (isLeftover(entry) && !entry.getPath().getName().equals(Lease.FOLDER)) {
        LOG.info("Removing {}, which a dead run left", entry.getPath());
        fs.delete(entry.getPath(), true);
      }
    }
  }

  private static void putBack(FileSystem fs, Path table, Path old) throws IOException {
    if (!fs.exists(new Path(table, ManifestFile.NAME))) {
      for (FileStatus part : fs.listStatus(old)) {
        Path place = new Path(table, part.getPath().getName());
        fs.delete(place, true);
        if (!fs.rename(part.getPath(), place)) {
          throw new IOException("cannot move " + part.getPath() + " back to " + place);
        }
      }
    }
    fs.delete(old, true);
  }

  /** The highest folder on the way to {@code table} that does not exist yet, or null. */
  static Path firstMissing(FileSystem fs, Path table) throws IOException {
    Path missing = null;
    for (Path path = table; path != null && !fs.exists(path); path = path.getParent()) {
      missing = path;
    }
    return missing;
  }

  /** Removes {@code table} and its parents up to {@code top}, as far as they are empty. */
  static void removeEmpty(FileSystem fs, Path table, Path top) throws IOException {
    for (Path path = table; path != null; path = path.getParent()) {
      if (fs.exists(path) && fs.listStatus(path).length > 0) {
        return;
      }
      fs.delete(path, false);
      if (path.equals(top)) {
        return;
      }
    }
  }
}
