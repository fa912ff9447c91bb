package dev.tessera.datasets.source;

import dev.tessera.datasets.table.ParquetScan;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.Type;

/** Files beside pictures in a folder. */
record FolderSidecars(Configuration conf) implements SidecarReader {

  @Override
  public byte[] bytes(SourceFiles.Found file) throws IOException {
    return bytes(conf, file.location());
  }

  static byte[] bytes(Configuration conf, String location) throws IOException {
    if (LocalFiles.isLocation(location)) {
      return Files.readAllBytes(LocalFiles.path(location));
    }
    Path path = new Path(location);
    try (InputStream in = SourceFiles.fileSystem(conf, path).open(path)) {
      return in.readAllBytes();
    }
  }

  @Override
  public Segment.Extra captionFile(String location) {
    return new Segment.CaptionFile(location);
  }

  @Override
  public List<String> parquetColumns(SourceFiles.Found file) throws IOException {
    return ParquetFooter.read(SourceFiles.withoutChecksums(conf), file.path())
        .schema()
        .getFields()
        .stream()
        .filter(ParquetLabels::understood)
        .map(Type::getName)
        .toList();
  }

  @Override
  public List<Map<String, String>> parquetRows(SourceFiles.Found file, Collection<String> columns)
      throws IOException {
    List<Map<String, String>> rows = new ArrayList<>();
    Configuration raw = SourceFiles.withoutChecksums(conf);
    try (ParquetScan scan =
        new ParquetScan(raw, file.path(), List.copyOf(columns), 0, Long.MAX_VALUE)) {
      for (Group group = scan.next(); group != null; group = scan.next()) {
        Map<String, String> row = new HashMap<>();
        for (String column : columns) {
          row.put(column, ParquetLabels.value(group, column));
        }
        rows.add(row);
      }
    } catch (RuntimeException e) {
      throw ParquetFooter.unreadable(file.path(), e);
    }
    return rows;
  }
}
