package dev.tessera.datasets.source;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** How files beside pictures are read: from a folder, or from a zip. */
interface SidecarReader {

  /** The whole file. */
  byte[] bytes(SourceFiles.Found file) throws IOException;

  /** Where a task finds the file of a picture's words. */
  Segment.Extra captionFile(String location);

  /** The names of a Parquet file's columns that hold text or numbers. */
  List<String> parquetColumns(SourceFiles.Found file) throws IOException;

  /** Its rows as text; null for null. */
  List<Map<String, String>> parquetRows(SourceFiles.Found file, Collection<String> columns)
      throws IOException;
}
