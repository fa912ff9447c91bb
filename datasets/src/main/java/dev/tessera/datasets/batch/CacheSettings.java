package dev.tessera.datasets.batch;

import java.nio.file.Path;

/**
 * Where and how a rank caches its shards.
 *
 * @param folder on a local disk
 * @param segmentBytes largest file; 1 GiB at most
 */
public record CacheSettings(Path folder, long segmentBytes) {

  public CacheSettings {
    if (segmentBytes < 1 << 17 || segmentBytes > SegmentLayout.MAX_SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "segmentBytes: "
              + segmentBytes
              + " (expected: 131072 to "
              + SegmentLayout.MAX_SEGMENT_BYTES
              + ")");
    }
  }

  /** Segments of 1 GiB. */
  public static CacheSettings in(Path folder) {
    return new CacheSettings(folder, SegmentLayout.MAX_SEGMENT_BYTES);
  }
}
