package dev.tessera.datasets.source;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * A set of pictures in some format. Implementations are small values that travel to tasks; what was
 * listed travels in the splits.
 */
public sealed interface ImageSource extends Serializable
    permits FolderSource,
        ZipSource,
        IdxSource,
        CifarSource,
        ParquetSource,
        IconSource,
        SeveralSources {

  /** Short name of the format; goes to the {@code source} column. */
  String name();

  /**
   * Finds all pictures, without reading them.
   *
   * @param log is told how far the listing is, and what it guesses
   * @throws dev.tessera.datasets.InvalidDatasetException if there are none, or if an archive does
   *     not have the structure it claims
   */
  Listing list(Configuration conf, ListingLog log) throws IOException;

  /** As above, in silence. */
  default Listing list(Configuration conf) throws IOException {
    return list(conf, new ListingLog(found -> {}));
  }

  /** Reads the pictures of one split, in order. */
  RawImages open(Configuration conf, Split split) throws IOException;
}
