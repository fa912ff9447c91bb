package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/** What may be overwritten, what is removed, and what is left as it was found. */
final class OutputFolder {

  static final String STAGING = "_temporary-";

  /** What a table may hold, its manifest first. */
  static final List<String> PARTS =
      List.of(
          ManifestFile.NAME,
          TableKind.IMAGES.folder(),
          TableKind.QUARANTINE.folder(),
          TableOutput.PREVIEW);

  private OutputFolder() {}

  static void check(FileSystem fs, Path table, boolean overwrite) throws IOException {
    if (!fs.exists(table)) {
      return;
    }
    if (!fs.getFileStatus(table).isDirectory()) {
      throw new InvalidDatasetException(table + " is a file: choose another output");
    }
    FileStatus[] entries = fs.listStatus(table);
    if (entries.length > 0 && !overwrite) {
      throw new InvalidDatasetException(
          table
              + " exists already: choose another output, or replace it with overwrite=true (ingest:"
              + " --overwrite)");
    }
    for (FileStatus entry : entries) {
      String name = entry.getPath().getName();
      if (!PARTS.contains(name)
          && !name.equals("_" + ManifestFile.NAME)
          && !name.startsWith(STAGING)) {
        throw new InvalidDatasetException(
            table
                + " holds "
                + name
                + ", which no table has: not overwritten, choose another output");
      }
    }
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
