package dev.tessera.datasets.source;

import java.io.IOException;
import java.io.Serializable;
import org.apache.hadoop.conf.Configuration;

/**
 * A set of pictures in some format. Implementations are small values that travel to tasks; what was
 * listed travels in the splits.
 */
public sealed interface ImageSource extends Serializable
    permits FolderSource, ZipSource, IdxSource, CifarSource, ParquetSource, IconSource {

  /** Short name of the format; goes to the {@code source} column. */
  String name();

  /**
   * Finds all pictures, without reading them.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if there are none, or if an archive does
   *     not have the structure it claims
   */
  Listing list(Configuration conf) throws IOException;

  /** Reads the pictures of one split, in order. */
  RawImages open(Configuration conf, Split split) throws IOException;
}
