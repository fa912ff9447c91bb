package dev.tessera.datasets.batch;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.IoFailure;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;

/**
 * The batches of one rank: opens the shards it owns, caching them on first use, and fills buffers
 * with the rows that a position of the run calls for. Not for several threads.
 *
 * <p>The position of a run is one number, images seen. With S shards and b rows a shard and step,
 * step t begins at k = t * b in every shard.
 */
public final class BatchReader {

  private final ShardOrder order;
  private final Map<Column, Integer> widths;
  private final Map<Integer, ShardSegments> shards = new HashMap<>();

  private BatchReader(ShardOrder order, Map<Column, Integer> widths) {
    this.order = order;
    this.widths = widths;
  }

  /**
   * Opens shards of the rows of one split, writing those that are not cached yet. Reads the table
   * once for all of them together.
   *
   * @param table folder of a table of images, codes or latents
   * @param columns to fill, of those that the table has
   * @param owned numbers of the shards
   * @param shardCount S, the recipe's number of shards
   * @param seed of the order
   * @throws InvalidDatasetException if the table is incomplete, lacks a column, has fewer rows than
   *     shards, holds a picture of another size, or if the disk has no room
   * @throws java.io.UncheckedIOException if input or output failed and may succeed another time
   */
  public static BatchReader open(
      Configuration conf,
      String table,
      Subset split,
      Collection<Column> columns,
      List<Integer> owned,
      int shardCount,
      long seed,
      CacheSettings cache) {
    TableManifest manifest = ManifestFile.read(conf, table);
    Map<Column, Integer> widths = RowWidths.of(manifest, columns);
    ShardOrder order = new ShardOrder(manifest.rows(split), shardCount, seed);
    int rowsPerSegment = SegmentLayout.rowsThatFit(widths, cache.segmentBytes());
    Map<Integer, ShardCache> caches = new LinkedHashMap<>();
    for (int shard : ShardCache.checkOwned(owned, shardCount)) {
      caches.put(
          shard,
          ShardCache.of(
              cache.folder(), manifest, split, widths, shard, shardCount, cache.segmentBytes()));
    }
    use(cache.folder(), caches.values(), table, manifest);
    new CacheFill(conf, table, manifest, split, widths, order, rowsPerSegment)
        .fill(cache.folder(), caches, shardCount);
    BatchReader reader = new BatchReader(order, widths);
    for (Map.Entry<Integer, ShardCache> entry : caches.entrySet()) {
      reader.map(entry.getKey(), entry.getValue(), rowsPerSegment);
    }
    return reader;
  }

  private static void use(
      Path root, Collection<ShardCache> caches, String table, TableManifest manifest) {
    try {
      for (String fingerprint : caches.stream().map(ShardCache::fingerprint).distinct().toList()) {
        StaleCaches.use(root, fingerprint, table, manifest.contentChecksum());
      }
    } catch (IOException e) {
      throw new InvalidDatasetException(
          "Cannot write to the cache folder " + root + " (" + e.getMessage() + "): choose another",
          e);
    }
  }

  /** Bytes of one row of a column. */
  public int rowBytes(Column column) {
    return widths.get(column);
  }

  /** The order of rows, for those who need their numbers. */
  public ShardOrder order() {
    return order;
  }

  /**
   * Appends draws k to k + count - 1 of a shard to each target, and advances the targets'
   * positions. Targets may be direct; copying is one memory move a row.
   *
   * @param shard one of those owned
   * @param k number of the shard's first draw, 0 or more
   * @param targets with room for {@code count * rowBytes(column)} bytes each
   */
  public void fill(int shard, long k, int count, Map<Column, ByteBuffer> targets) {
    ShardSegments segments = shards.get(shard);
    if (segments == null) {
      throw new IllegalArgumentException(
          "shard: " + shard + " (expected: one of " + shards.keySet() + ")");
    }
    for (int i = 0; i < count; i++) {
      long index = order.index(shard, k + i);
      for (Map.Entry<Column, ByteBuffer> target : targets.entrySet()) {
        segments.copy(index, target.getKey(), target.getValue());
      }
    }
  }

  private void map(int shard, ShardCache cache, int rowsPerSegment) {
    try {
      shards.put(shard, new ShardSegments(cache, widths, order.rowsOf(shard), rowsPerSegment));
    } catch (IOException e) {
      throw IoFailure.of("Cannot map the cache of shard " + shard + " (" + e.getMessage() + ")", e);
    }
  }

  /** Writes missing shards in one pass over the table. */
  private record CacheFill(
      Configuration conf,
      String table,
      TableManifest manifest,
      Subset split,
      Map<Column, Integer> widths,
      ShardOrder order,
      int rowsPerSegment) {

    void fill(Path root, Map<Integer, ShardCache> caches, int shardCount) {
      Map<Integer, ShardCache> missing = new LinkedHashMap<>(caches);
      Map<Integer, Path> staged = new LinkedHashMap<>();
      try {
        for (Map.Entry<Integer, ShardCache> entry : caches.entrySet()) {
          if (entry.getValue().complete()) {
            missing.remove(entry.getKey());
          }
        }
        if (missing.isEmpty()) {
          return;
        }
        CacheRoom.claim(root, bytes(missing.keySet()), () -> stage(missing, staged));
        write(staged, shardCount);
        for (Map.Entry<Integer, Path> entry : Map.copyOf(staged).entrySet()) {
          missing.get(entry.getKey()).publish(entry.getValue());
          staged.remove(entry.getKey());
        }
      } catch (IOException e) {
        throw IoFailure.of("Cannot write the cache in " + root + " (" + e.getMessage() + ")", e);
      } finally {
        staged.values().forEach(ShardCache::discard);
      }
    }

    private static List<Path> stage(Map<Integer, ShardCache> missing, Map<Integer, Path> staged)
        throws IOException {
      for (Map.Entry<Integer, ShardCache> entry : missing.entrySet()) {
        staged.put(entry.getKey(), entry.getValue().stage());
      }
      return List.copyOf(staged.values());
    }

    private long bytes(Collection<Integer> shards) {
      long row = widths.values().stream().mapToLong(Integer::longValue).sum();
      return shards.stream().mapToLong(shard -> order.rowsOf(shard) * row).sum();
    }

    private void write(Map<Integer, Path> staged, int shardCount) throws IOException {
      Map<Integer, ShardWriter> writers = new HashMap<>();
      staged.forEach(
          (shard, folder) ->
              writers.put(
                  shard, new ShardWriter(folder, widths, order.rowsOf(shard), rowsPerSegment)));
      try (RowBytes<?> bytes = RowBytes.of(table, manifest)) {
        copy(bytes, writers, shardCount);
      }
    }

    private <R> void copy(RowBytes<R> bytes, Map<Integer, ShardWriter> writers, int shardCount)
        throws IOException {
      try (TableReader<R> rows =
          TableReader.open(
              conf,
              table,
              manifest,
              manifest.files(split),
              bytes.format(),
              bytes.stored(),
              0,
              manifest.rows(split))) {
        for (long r = rows.row(); r < manifest.rows(split); r++) {
          R row = rows.next();
          ShardWriter writer = writers.get((int) (r % shardCount));
          if (writer != null) {
            writer.write(row, bytes);
          }
        }
      }
      writers.values().forEach(ShardWriter::finish);
    }
  }
}
