package dev.tessera.jobs.ingest;

import dev.tessera.datasets.table.TablePart;
import java.io.Serializable;
import java.util.Map;

/**
 * What one task tells the driver.
 *
 * @param read pictures taken from the source
 * @param maxLabel highest label seen, -1 without labels
 * @param reasons number of quarantined pictures by kind of reason
 */
record IngestReport(
    TablePart images, TablePart quarantine, long read, int maxLabel, Map<String, Long> reasons)
    implements Serializable {

  long written() {
    return images.rows() + quarantine.rows();
  }
}
