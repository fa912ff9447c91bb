package dev.tessera.models.train;

import java.nio.ByteBuffer;
import java.util.Map;

/** Where a rank's batches come from. */
@FunctionalInterface
public interface Batches {

  /**
   * Fills native-order buffers with the draws {@code [firstDraw, firstDraw + count)} of a shard.
   *
   * @param columns one buffer a column, with room for {@code count} rows
   */
  void fill(int shard, long firstDraw, int count, Map<String, ByteBuffer> columns);
}
