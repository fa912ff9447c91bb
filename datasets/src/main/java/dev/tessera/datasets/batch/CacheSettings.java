package dev.tessera.datasets.batch;

import java.nio.file.Path;

/**
 * Where and how a rank caches its shards.
 *
 * @param folder on a local disk
 * @param segmentBytes largest file; 1 GiB at most
 */
public record CacheSettings(Path folder, long segmentBytes) {

  /** The system property that names a command's own folder of temporary files, where it has one. */
  public static final String RUN_FOLDER = "tessera.run.folder";

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

  /**
   * This user's folder on this machine's temporary disk; segments of 1 GiB. Call it where the cache
   * is to be: the driver's temporary folder need not be an executor's.
   */
  public static CacheSettings standard() {
    String user = System.getProperty("user.name", "").replaceAll("[^A-Za-z0-9._-]", "_");
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    return in(shared(temporary, System.getProperty(RUN_FOLDER)).resolve("tessera-cache-" + user));
  }

  /** Beside a command's own folder, {@code tessera-USER/run-...}, which ends with the command. */
  static Path shared(Path temporary, String run) {
    return run != null && temporary.startsWith(run)
        ? Path.of(run).getParent().getParent()
        : temporary;
  }

  /** Segments of 1 GiB. */
  public static CacheSettings in(Path folder) {
    return new CacheSettings(folder, SegmentLayout.MAX_SEGMENT_BYTES);
  }
}
