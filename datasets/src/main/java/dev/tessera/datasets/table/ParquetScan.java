package dev.tessera.datasets.table;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;

/** Reads rows [from, to) of one Parquet file, skipping row groups that lie outside. */
public final class ParquetScan implements Closeable {

  private final ParquetFileReader file;
  private final MessageType projection;
  private final List<BlockMetaData> groups;
  private final long to;
  private long row;
  private int nextGroup;
  private long groupEnd;
  private RecordReader<Group> records;

  /**
   * @param columns top-level columns to read; those the file lacks are left out
   * @param from first row
   * @param to row after the last; beyond the end of the file means its end
   */
  public ParquetScan(Configuration conf, Path path, List<String> columns, long from, long to)
      throws IOException {
    this(HadoopInputFile.fromPath(path, conf), columns, from, to);
  }

  ParquetScan(InputFile input, List<String> columns, long from, long to) throws IOException {
    file = ParquetFileReader.open(input);
    try {
      projection = projection(schema(), columns);
      file.setRequestedSchema(projection);
      groups = file.getRowGroups();
      this.to = Math.min(to, file.getRecordCount());
      skipTo(from);
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static MessageType projection(MessageType schema, List<String> columns) {
    return new MessageType(
        schema.getName(),
        columns.stream().filter(schema::containsField).map(name -> schema.getType(name)).toList());
  }

  /** The schema of the file. */
  public MessageType schema() {
    return file.getFileMetaData().getSchema();
  }

  /** The number of the row that {@link #next} returns next. */
  public long row() {
    return row;
  }

  /** The next row, or null at the end. */
  public Group next() throws IOException {
    if (row >= to) {
      return null;
    }
    if (row == groupEnd) {
      openGroup();
    }
    row++;
    return records.read();
  }

  private void skipTo(long from) throws IOException {
    while (nextGroup < groups.size() && row + groups.get(nextGroup).getRowCount() <= from) {
      row += groups.get(nextGroup++).getRowCount();
      file.skipNextRowGroup();
    }
    groupEnd = row;
    while (row < Math.min(from, to)) {
      next();
    }
  }

  private void openGroup() throws IOException {
    PageReadStore pages = file.readNextRowGroup();
    nextGroup++;
    groupEnd = row + pages.getRowCount();
    records =
        new ColumnIOFactory()
            .getColumnIO(projection, schema())
            .getRecordReader(pages, new GroupRecordConverter(projection));
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
