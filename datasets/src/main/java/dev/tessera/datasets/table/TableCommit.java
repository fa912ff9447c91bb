package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.lease.Lease;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table that is written whole, manifest and all, and waits in its staging folder to take its
 * place. Several tables take theirs together or not at all.
 *
 * <p>No file system renames two folders at once. A failure of any rename puts everything back; what
 * a process killed between them leaves is this: tables without a manifest, which nobody reads, and
 * the older table of each beside it in {@code _temporary-*-old}, which the next writer moves back.
 * Manifests go first and come last, so new rows never stand beside an older table's manifest, and
 * of several tables none is readable until all have their rows: a kill between two manifests leaves
 * the first table new and readable and the others unreadable.
 */
public final class TableCommit {

  private static final Logger LOG = LoggerFactory.getLogger(TableCommit.class);

  private final FileSystem fs;
  private final Path table;
  private final Path staging;
  private final Path fresh;
  private final Path old;
  private final TableManifest manifest;
  private final Lease lease;
  private final List<String> aside = new ArrayList<>();
  private final List<String> placed = new ArrayList<>();

  TableCommit(
      FileSystem fs, Path table, Path staging, Path fresh, TableManifest manifest, Lease lease) {
    this.fs = fs;
    this.table = table;
    this.staging = staging;
    this.fresh = fresh;
    this.old = staging.suffix(OutputFolder.OLD);
    this.manifest = manifest;
    this.lease = lease;
  }

  /** The whole table where it waits, to be read, and for what a job puts beside its rows. */
  public Path waiting() {
    return fresh;
  }

  /** What the table's manifest says. */
  public TableManifest manifest() {
    return manifest;
  }

  /**
   * Puts the tables in their places, replacing older ones.
   *
   * @throws InvalidDatasetException if one cannot be; all older tables are as they were then, or
   *     the message says where they lie
   */
  public static void publish(List<TableCommit> commits) {
    commits.forEach(commit -> commit.lease.require());
    try {
      for (TableCommit commit : commits) {
        commit.setAside();
      }
      for (TableCommit commit : commits) {
        commit.placeRows();
      }
      for (TableCommit commit : commits) {
        commit.place(ManifestFile.NAME);
      }
    } catch (IOException | RuntimeException e) {
      throw undone(commits, e);
    }
    commits.forEach(TableCommit::cleanUp);
  }

  private static InvalidDatasetException undone(List<TableCommit> commits, Exception e) {
    List<String> lost = new ArrayList<>();
    for (TableCommit commit : commits) {
      try {
        commit.restore();
      } catch (IOException | RuntimeException again) {
        e.addSuppressed(again);
        lost.add(commit.table + " lies in " + commit.old);
      }
    }
    String tables = String.join(" and ", commits.stream().map(c -> c.table.toString()).toList());
    String state =
        lost.isEmpty()
            ? "nothing was changed"
            : "move back by hand what was there: " + String.join(", ", lost);
    return new InvalidDatasetException(
        "Cannot finish " + tables + " (" + TableOutput.reason(e) + "): " + state, e);
  }

  private void setAside() throws IOException {
    for (String name : OutputFolder.PARTS) {
      Path part = new Path(table, name);
      if (fs.exists(part)) {
        if (aside.isEmpty()) {
          fs.mkdirs(old);
        }
        rename(part, new Path(old, name));
        aside.add(name);
      }
    }
  }

  private void placeRows() throws IOException {
    for (String name : OutputFolder.PARTS) {
      if (!name.equals(ManifestFile.NAME) && fs.exists(new Path(fresh, name))) {
        place(name);
      }
    }
  }

  private void place(String name) throws IOException {
    // Noted first: an object store that fails may have moved half of it.
    placed.add(name);
    rename(new Path(fresh, name), new Path(table, name));
  }

  private void restore() throws IOException {
    Collections.reverse(placed);
    for (String name : placed) {
      fs.delete(new Path(table, name), true);
    }
    placed.clear();
    Collections.reverse(aside);
    for (String name : List.copyOf(aside)) {
      rename(new Path(old, name), new Path(table, name));
      aside.remove(name);
    }
    // Not recursive: what an object store moved half of is still in there.
    if (fs.exists(old) && !fs.delete(old, false)) {
      throw new IOException("cannot remove " + old);
    }
  }

  /** The tables stand: what cannot be removed now is rubbish, and no reason to fail. */
  private void cleanUp() {
    for (Path path : Arrays.asList(old, staging)) {
      try {
        fs.delete(path, true);
      } catch (IOException e) {
        LOG.warn("Cannot remove {}: remove it by hand", path, e);
      }
    }
    lease.close();
  }

  private void rename(Path from, Path to) throws IOException {
    // Hadoop moves *into* a directory that exists, and says that it succeeded.
    if (fs.exists(to) || !fs.rename(from, to)) {
      throw new IOException("cannot rename " + from + " to " + to);
    }
  }
}
