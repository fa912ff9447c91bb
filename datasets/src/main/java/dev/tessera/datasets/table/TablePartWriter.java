package dev.tessera.datasets.table;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.PlainFileSystem;
import java.io.Closeable;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.AccessControlException;
import org.apache.parquet.hadoop.ParquetWriter;

/**
 * Writes the rows of one task attempt into a staging folder of the attempt's own, one file for each
 * split. Closed without {@link #finish}, it removes what it wrote. What lasts of a failed write, a
 * missing permission say, is an {@link InvalidDatasetException} that names the table: whatever a
 * writer meets is of writing, though a read may say the same.
 */
public final class TablePartWriter<R> implements Closeable {

  private final Configuration conf;
  private final RowFormat<R> format;
  private final Map<String, String> footer;
  private final int partition;
  private final Path folder;
  private final FileSystem fs;
  private final MessageDigest digest = ContentChecksum.sha256();
  private final Map<Subset, OpenFile<R>> open = new EnumMap<>(Subset.class);
  private ContentChecksum checksum = ContentChecksum.EMPTY;
  private boolean finished;

  TablePartWriter(
      Configuration conf,
      RowFormat<R> format,
      Map<String, String> footer,
      int partition,
      Path folder)
      throws IOException {
    this.conf = conf;
    this.format = format;
    this.footer = footer;
    this.partition = partition;
    this.folder = folder;
    this.fs = folder.getFileSystem(conf);
  }

  /** Appends a row. */
  public void write(R row) throws IOException {
    append(row);
    checksum = checksum.plus(row, format, digest);
  }

  /** As {@link #write(Object)}, of a row whose checksum has been computed. */
  public void write(CheckedRow<R> checked) throws IOException {
    append(checked.row());
    checksum = checksum.plus(checked.checksum());
  }

  private void append(R row) throws IOException {
    try {
      OpenFile<R> file = open.get(format.split(row));
      if (file == null) {
        file = openFile(format.split(row));
      }
      file.writer.write(row);
      file.rows++;
    } catch (IOException e) {
      throw told(e);
    }
  }

  /** Closes the files and returns what the driver's commit needs. */
  public TablePart finish() throws IOException {
    try {
      return end();
    } catch (IOException e) {
      throw told(e);
    }
  }

  private IOException told(IOException failure) {
    if (IoFailure.lasts(failure)) {
      throw new InvalidDatasetException(
          "Cannot write "
              + folder.getParent().getParent()
              + " ("
              + failure.getMessage()
              + "): make room or mend the path, or choose another output",
          failure);
    }
    return failure;
  }

  private TablePart end() throws IOException {
    List<PartFile> files = new ArrayList<>();
    for (Map.Entry<Subset, OpenFile<R>> entry : open.entrySet()) {
      OpenFile<R> file = entry.getValue();
      file.writer.close();
      files.add(
          new PartFile(
              file.file.getPath(),
              format.kind(),
              entry.getKey(),
              file.rows,
              file.file.bytes(),
              file.file.sha256(),
              file.file.blocks()));
    }
    finished = true;
    return new TablePart(partition, files, checksum);
  }

  @Override
  public void close() throws IOException {
    if (finished) {
      return;
    }
    finished = true;
    IOException failure = null;
    for (OpenFile<R> file : open.values()) {
      failure = abandon(file, failure);
    }
    try {
      fs.delete(folder, true);
    } catch (IOException e) {
      failure = first(failure, e);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** Parquet's buffers and the file's stream, which has to close even when Parquet's end fails. */
  private static IOException abandon(OpenFile<?> file, IOException earlier) {
    IOException failure = earlier;
    try {
      file.writer.close();
    } catch (IOException e) {
      failure = first(failure, e);
    } catch (RuntimeException e) {
      failure = first(failure, new IOException("Cannot end " + file.file.getPath(), e));
    }
    try {
      file.file.abandon();
    } catch (IOException e) {
      failure = first(failure, e);
    }
    return failure;
  }

  private static IOException first(IOException earlier, IOException later) {
    if (earlier == null) {
      return later;
    }
    earlier.addSuppressed(later);
    return earlier;
  }

  private OpenFile<R> openFile(Subset split) throws IOException {
    if (!fs.mkdirs(folder)) {
      // As the local file system says that it may not.
      throw new AccessControlException("the folder " + folder + " cannot be made");
    }
    DigestingFile file =
        new DigestingFile(
            PlainFileSystem.of(fs),
            new Path(folder, format.kind().label() + "-" + split.label() + ".parquet"));
    try {
      OpenFile<R> opened = new OpenFile<>(file, RowFileWriter.open(file, format, footer, conf));
      open.put(split, opened);
      return opened;
    } catch (IOException | RuntimeException e) {
      file.abandon();
      throw e;
    }
  }

  private static final class OpenFile<R> {

    private final DigestingFile file;
    private final ParquetWriter<R> writer;
    private long rows;

    OpenFile(DigestingFile file, ParquetWriter<R> writer) {
      this.file = file;
      this.writer = writer;
    }
  }
}
