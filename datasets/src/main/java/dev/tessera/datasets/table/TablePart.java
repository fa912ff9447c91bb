package dev.tessera.datasets.table;

import java.io.Serializable;
import java.util.List;

/**
 * What one task attempt wrote for a table. It becomes part of the table when the driver commits it;
 * parts of attempts that lost or failed are never named to the commit, and vanish with the staging
 * folder.
 *
 * @param partition the task's number: parts are committed in this order
 * @param files at most one for each split
 * @param checksum of the rows
 */
public record TablePart(int partition, List<PartFile> files, ContentChecksum checksum)
    implements Serializable {

  public TablePart {
    files = List.copyOf(files);
  }

  /** Number of rows written. */
  public long rows() {
    return files.stream().mapToLong(PartFile::rows).sum();
  }
}
