package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.example.data.Group;

/**
 * Reads rows [from, to) of a table, or of one split of it, in manifest order. Not for several
 * threads.
 */
public final class TableReader<R> implements Closeable {

  private final Configuration conf;
  private final String table;
  private final RowFormat<R> format;
  private final List<TableFile> files;
  private final List<String> columns;
  private final long to;
  private long row;
  private int file;
  private long fileStart;
  private ParquetScan scan;

  private TableReader(
      Configuration conf,
      String table,
      RowFormat<R> format,
      List<TableFile> files,
      List<String> columns,
      long from,
      long to) {
    this.conf = conf;
    this.table = table;
    this.format = format;
    this.files = files;
    this.columns = columns;
    this.row = from;
    this.to = to;
  }

  /**
   * Opens rows [from, to) of a table, all splits, all columns.
   *
   * @throws InvalidDatasetException if the table is of another kind
   */
  public static <R> TableReader<R> open(
      Configuration conf,
      String table,
      TableManifest manifest,
      RowFormat<R> format,
      long from,
      long to) {
    return open(conf, table, manifest, manifest.files(), format, allColumns(format), from, to);
  }

  /** Opens rows [from, to) of the rows of one split, numbered within the split. */
  public static <R> TableReader<R> open(
      Configuration conf,
      String table,
      TableManifest manifest,
      Subset split,
      RowFormat<R> format,
      long from,
      long to) {
    return open(conf, table, manifest, manifest.files(split), format, allColumns(format), from, to);
  }

  /** As above, of some columns only; the others read as null or 0. */
  public static <R> TableReader<R> open(
      Configuration conf,
      String table,
      TableManifest manifest,
      List<TableFile> files,
      RowFormat<R> format,
      List<String> columns,
      long from,
      long to) {
    manifest.require(format.kind(), table);
    long rows = files.stream().mapToLong(TableFile::rows).sum();
    if (from < 0 || to > rows || from > to) {
      throw new IllegalArgumentException(
          String.format(Locale.ROOT, "rows: [%d, %d) (expected: within [0, %d))", from, to, rows));
    }
    return new TableReader<>(conf, table, format, files, columns, from, to);
  }

  /** The number of the row that {@link #next} returns next. */
  public long row() {
    return row;
  }

  /**
   * The next row, or null at the end.
   *
   * @throws InvalidDatasetException if a file is missing, may not be read, is damaged or shorter
   *     than its manifest says
   * @throws java.io.UncheckedIOException if the read failed though the file is whole, as far as can
   *     be known: another attempt may succeed
   */
  public R next() {
    if (row >= to) {
      return null;
    }
    try {
      Group group = scan == null ? null : scan.next();
      while (group == null) {
        openNext();
        group = scan.next();
      }
      row++;
      return format.read(group);
    } catch (IOException | RuntimeException e) {
      throw ReadFailure.of(conf, table, file == 0 ? null : files.get(file - 1), e);
    }
  }

  private void openNext() throws IOException {
    close();
    while (file < files.size() && fileStart + files.get(file).rows() <= row) {
      fileStart += files.get(file++).rows();
    }
    if (file == files.size()) {
      throw shorter();
    }
    TableFile next = files.get(file++);
    scan =
        new ParquetScan(
            VerifiedFile.open(conf, table, next), columns, row - fileStart, next.rows());
    if (scan.row() < row - fileStart) {
      throw shorter();
    }
    fileStart += next.rows();
  }

  private InvalidDatasetException shorter() {
    return new InvalidDatasetException(
        table
            + "/"
            + (file == 0 ? "" : files.get(file - 1).path())
            + " has fewer rows than its manifest says: write the table again");
  }

  @Override
  public void close() throws IOException {
    if (scan != null) {
      scan.close();
      scan = null;
    }
  }

  private static List<String> allColumns(RowFormat<?> format) {
    return format.schema().getFields().stream().map(field -> field.getName()).toList();
  }
}
