package dev.tessera.jobs.ingest;

import dev.tessera.datasets.table.TablePart;
import java.io.Serializable;
import java.util.Map;

/**
 * What one task tells the driver.
 *
 * @param read pictures taken from the source
 * @param unlabelled rows of the image table without a label
 * @param reasons quarantined pictures by kind of reason
 * @param warnings number of pictures that were read though something was wrong with their file, by
 *     kind of warning
 */
record IngestReport(
    TablePart images,
    TablePart quarantine,
    long read,
    long unlabelled,
    Map<String, Reason> reasons,
    Map<String, Long> warnings)
    implements Serializable {

  long written() {
    return images.rows() + quarantine.rows();
  }
}
