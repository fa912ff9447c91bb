package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.lease.Lease;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A table being written. The driver begins it; task attempts write parts into a staging folder
 * under names of their own; the driver commits the parts of the attempts that won, or aborts. Until
 * the commit an existing table stays as it is, and it comes back if the commit fails; see {@link
 * TableCommit} for what a commit cut short leaves.
 */
public final class TableOutput implements Serializable {

  /** A picture that a job may leave beside the rows; it is replaced with the table. */
  public static final String PREVIEW = "_grid.png";

  /**
   * A folder that a job may leave beside the rows, with what decodes them. Spark and others pass
   * over names that begin so.
   */
  public static final String TOKENIZER = "_tokenizer";

  private static final Logger LOG = LoggerFactory.getLogger(TableOutput.class);
  private static final String FRESH = "table";
  private static final long serialVersionUID = 1L;

  private final String table;
  private final String staging;
  private final String createdFrom;

  /** The driver's name, for executors that do not see its folder. */
  private final String driver;

  /** The driver's alone. */
  private final transient Lease lease;

  private TableOutput(
      String table, String staging, String createdFrom, String driver, Lease lease) {
    this.table = table;
    this.staging = staging;
    this.createdFrom = createdFrom;
    this.driver = driver;
    this.lease = lease;
  }

  /**
   * Checks that a table can be written to {@code path} and makes its staging folder.
   *
   * @throws InvalidDatasetException if something is there already and {@code overwrite} is false,
   *     if it is not a table of ours, or if the place cannot be written
   */
  public static TableOutput begin(Configuration conf, String path, boolean overwrite) {
    Lease lease = null;
    Path made = null;
    try {
      FileSystem fs = new Path(path).getFileSystem(conf);
      // Tasks run in other folders than the driver: a relative path means the driver's.
      Path table = fs.makeQualified(new Path(path));
      OutputFolder.check(fs, table, overwrite);
      Path created = OutputFolder.firstMissing(fs, table);
      made = created;
      lease = Lease.acquire(conf, table, "a table");
      // Again: whoever owned it until now may have finished.
      OutputFolder.check(fs, table, overwrite);
      OutputFolder.clearLeftovers(fs, table);
      Path staging = new Path(table, OutputFolder.STAGING + UUID.randomUUID());
      if (!fs.mkdirs(staging)) {
        throw new IOException("cannot create the folder");
      }
      return new TableOutput(
          table.toString(),
          staging.toString(),
          created == null ? null : created.toString(),
          Lease.host(),
          lease);
    } catch (IOException | IllegalArgumentException e) {
      close(lease);
      removeEmpty(conf, path, made);
      throw new InvalidDatasetException(
          "Cannot write to " + path + " (" + reason(e) + "): choose another output", e);
    } catch (RuntimeException e) {
      close(lease);
      removeEmpty(conf, path, made);
      throw e;
    }
  }

  /**
   * Checks, and leaves nothing behind, that nothing is there which may not be replaced, and that no
   * other process is writing it.
   *
   * @throws InvalidDatasetException as {@link #begin}
   */
  public static void check(Configuration conf, String path, boolean overwrite) {
    try {
      FileSystem fs = new Path(path).getFileSystem(conf);
      OutputFolder.check(fs, fs.makeQualified(new Path(path)), overwrite);
      Lease.requireFree(conf, fs.makeQualified(new Path(path)));
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidDatasetException(
          "Cannot write to " + path + " (" + reason(e) + "): choose another output", e);
    }
  }

  private static void removeEmpty(Configuration conf, String path, Path created) {
    if (created == null) {
      return;
    }
    try {
      FileSystem fs = created.getFileSystem(conf);
      OutputFolder.removeEmpty(fs, fs.makeQualified(new Path(path)), created);
    } catch (IOException e) {
      LOG.warn("Cannot remove {}: remove it by hand", created, e);
    }
  }

  private static void close(Lease lease) {
    if (lease != null) {
      lease.close();
    }
  }

  /** The table's folder. */
  public String table() {
    return table;
  }

  /** As below, for an attempt's only part of a kind. */
  public <R> TablePartWriter<R> part(
      Configuration conf,
      RowFormat<R> format,
      int partition,
      long attempt,
      Map<String, String> footer)
      throws IOException {
    return part(conf, format, 0, partition, attempt, footer);
  }

  /**
   * Opens a part for one task attempt.
   *
   * @param number unique among the attempt's parts
   * @param partition the task's number, which orders the parts
   * @param attempt unique among all attempts of all tasks
   * @param footer extra keys for the files' footers
   */
  public <R> TablePartWriter<R> part(
      Configuration conf,
      RowFormat<R> format,
      int number,
      int partition,
      long attempt,
      Map<String, String> footer)
      throws IOException {
    if (!new Path(staging).getFileSystem(conf).exists(new Path(staging))) {
      throw new InvalidDatasetException(
          Lease.host()
              + " does not see "
              + staging
              + ", which the driver on "
              + driver
              + " has made: choose an output that driver and executors share, on hdfs:, s3a:, or a"
              + " folder that is mounted at the same place on every host");
    }
    String name =
        String.format(
            Locale.ROOT,
            "part-%05d-attempt-%d-%s-%d",
            partition,
            attempt,
            format.kind().label(),
            number);
    return new TablePartWriter<>(conf, format, footer, partition, new Path(staging, name));
  }

  /** Where the job puts what shall stand in the table as {@code name}, before {@link #prepare}. */
  public String beside(String name) {
    return new Path(new Path(staging, FRESH), name).toString();
  }

  /** {@link #prepare} and {@link TableCommit#publish}, of this table alone. */
  public TableManifest commit(Configuration conf, List<TablePart> parts, TableContent content) {
    TableCommit commit = prepare(conf, parts, content);
    TableCommit.publish(List.of(commit));
    return commit.manifest();
  }

  /**
   * Makes the table from the parts of the winning attempts, in the staging folder: nothing at its
   * place changes yet. Files are named and ordered by partition.
   *
   * @param parts of the table and of its quarantine; those of one partition keep this order
   * @throws InvalidDatasetException if the file system refuses
   */
  public TableCommit prepare(Configuration conf, List<TablePart> parts, TableContent content) {
    lease.require();
    try {
      Path folder = new Path(table);
      FileSystem fs = folder.getFileSystem(conf);
      Path fresh = new Path(staging, FRESH);
      List<TableFile> data = new ArrayList<>();
      List<TableFile> quarantine = new ArrayList<>();
      ContentChecksum checksum = ContentChecksum.EMPTY;
      TableKind kind = null;
      for (List<PartFile> files : inOrder(parts)) {
        boolean quarantined = files.get(0).kind() == TableKind.QUARANTINE;
        kind = quarantined ? kind : files.get(0).kind();
        moveInto(fs, fresh, files, quarantined ? quarantine : data);
      }
      for (TablePart part : parts) {
        if (part.files().stream().noneMatch(file -> file.kind() == TableKind.QUARANTINE)) {
          checksum = checksum.plus(part.checksum());
        }
      }
      TableManifest manifest = manifest(kind, data, quarantine, checksum, content);
      DatasetCard.write(fs, fresh, manifest);
      ManifestFile.write(fs, fresh, manifest);
      return new TableCommit(fs, folder, new Path(staging), fresh, manifest, lease);
    } catch (IOException e) {
      throw new InvalidDatasetException(
          "Cannot finish " + table + " (" + reason(e) + "): nothing was changed", e);
    }
  }

  /** Removes everything this output has made. An older table at the same place stays. */
  public void abort(Configuration conf) {
    try {
      FileSystem fs = new Path(table).getFileSystem(conf);
      fs.delete(new Path(staging), true);
      lease.close();
      if (createdFrom != null) {
        OutputFolder.removeEmpty(fs, new Path(table), new Path(createdFrom));
      }
    } catch (IOException e) {
      throw new InvalidDatasetException(
          "Cannot remove " + staging + " (" + reason(e) + "): remove it by hand", e);
    }
  }

  private static TableManifest manifest(
      TableKind kind,
      List<TableFile> data,
      List<TableFile> quarantine,
      ContentChecksum checksum,
      TableContent content) {
    if (kind == null) {
      throw new IllegalArgumentException("parts: no rows (expected: a table with a row or more)");
    }
    return new TableManifest(
        TableManifest.VERSION,
        kind,
        data,
        quarantine,
        quarantine.stream().mapToLong(TableFile::rows).sum(),
        content.imageSize(),
        content.classNames(),
        checksum.hex(),
        content.codes(),
        content.latents(),
        content.reconstruction(),
        content.provenance());
  }

  /** Groups files of one kind and split: training rows, rows held out, quarantine. */
  private static List<List<PartFile>> inOrder(List<TablePart> parts) {
    List<PartFile> all =
        parts.stream()
            .sorted(Comparator.comparingInt(TablePart::partition))
            .flatMap(part -> part.files().stream())
            .toList();
    List<List<PartFile>> groups = new ArrayList<>();
    for (TableKind kind : TableKind.values()) {
      for (Subset split : Subset.values()) {
        List<PartFile> group =
            all.stream().filter(file -> file.kind() == kind && file.split() == split).toList();
        if (!group.isEmpty()) {
          groups.add(group);
        }
      }
    }
    return groups;
  }

  private static void moveInto(
      FileSystem fs, Path table, List<PartFile> files, List<TableFile> target) throws IOException {
    for (int i = 0; i < files.size(); i++) {
      PartFile file = files.get(i);
      String stem = file.kind() == TableKind.QUARANTINE ? "part" : file.split().label();
      String name =
          String.format(
              Locale.ROOT,
              "%s/%s-%05d-of-%05d.parquet",
              file.kind().folder(file.split()),
              stem,
              i,
              files.size());
      Path destination = new Path(table, name);
      fs.mkdirs(destination.getParent());
      if (!fs.exists(new Path(file.staged()))) {
        throw new IOException(
            "the driver does not see " + file.staged() + ", which an executor has written");
      }
      if (!fs.rename(new Path(file.staged()), destination)) {
        throw new IOException("cannot rename " + file.staged() + " to " + destination);
      }
      target.add(
          new TableFile(
              name, file.split(), file.rows(), file.bytes(), file.sha256(), file.blocks()));
    }
  }

  static String reason(Exception e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }
}
