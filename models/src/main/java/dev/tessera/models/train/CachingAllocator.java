package dev.tessera.models.train;

import dev.tessera.models.graph.memory.Allocations;
import java.util.Comparator;
import java.util.NavigableSet;
import java.util.TreeSet;

/**
 * What libtorch's allocator takes from a GPU for given requests of one stream: it asks for
 * segments, serves requests from the smallest free part of one that fits, cuts what is left over
 * off, joins free neighbours and gives nothing back. Which requests fit where decides how much more
 * than the values' own bytes is taken: as much again where short and long lives alternate.
 */
final class CachingAllocator implements Allocations.Memory<CachingAllocator.Block> {

  private static final long MIB = 1 << 20;

  /** Sizes are multiples of it. */
  private static final long UNIT = 512;

  /** Requests up to it come from segments of their own kind. */
  private static final long SMALL = MIB;

  private static final long SMALL_SEGMENT = 2 * MIB;

  /** Requests below it share segments of {@link #LARGE_SEGMENT}. */
  private static final long OWN_SEGMENT = 10 * MIB;

  private static final long LARGE_SEGMENT = 20 * MIB;

  /** Segments of one request are multiples of it. */
  private static final long SEGMENT_UNIT = 2 * MIB;

  /** Consecutive bytes of a segment. */
  static final class Block {
    private final boolean small;
    private final long address;
    private long size;
    private long asked;
    private boolean free;
    private Block before;
    private Block after;

    private Block(boolean small, long address, long size) {
      this.small = small;
      this.address = address;
      this.size = size;
    }
  }

  private static final Comparator<Block> BY_SIZE =
      Comparator.comparingLong((Block block) -> block.size).thenComparingLong(b -> b.address);

  private final NavigableSet<Block> freeSmall = new TreeSet<>(BY_SIZE);
  private final NavigableSet<Block> freeLarge = new TreeSet<>(BY_SIZE);
  private long reserved;
  private long held;
  private long peak;

  /** Bytes taken from the GPU so far. */
  long reserved() {
    return reserved;
  }

  /** Greatest number of bytes asked for and not given back so far. */
  long peak() {
    return peak;
  }

  @Override
  public Block allocate(long bytes) {
    long size = Math.max(UNIT, roundUp(bytes, UNIT));
    boolean small = size <= SMALL;
    NavigableSet<Block> free = free(small);
    Block block = free.ceiling(new Block(small, 0, size));
    if (block == null) {
      block = segment(small, size);
    } else {
      free.remove(block);
      block.free = false;
    }
    long rest = block.size - size;
    if (small ? rest >= UNIT : rest > SMALL) {
      cut(block, size);
    }
    block.asked = bytes;
    held += bytes;
    peak = Math.max(peak, held);
    return block;
  }

  private Block segment(boolean small, long size) {
    long segment =
        small ? SMALL_SEGMENT : size < OWN_SEGMENT ? LARGE_SEGMENT : roundUp(size, SEGMENT_UNIT);
    Block block = new Block(small, reserved, segment);
    reserved += segment;
    return block;
  }

  private void cut(Block block, long size) {
    Block rest = new Block(block.small, block.address + size, block.size - size);
    block.size = size;
    rest.before = block;
    rest.after = block.after;
    if (rest.after != null) {
      rest.after.before = rest;
    }
    block.after = rest;
    rest.free = true;
    free(rest.small).add(rest);
  }

  @Override
  public void free(Block block) {
    held -= block.asked;
    NavigableSet<Block> free = free(block.small);
    Block joined = block;
    if (joined.after != null && joined.after.free) {
      free.remove(joined.after);
      join(joined, joined.after);
    }
    if (joined.before != null && joined.before.free) {
      free.remove(joined.before);
      joined = joined.before;
      join(joined, joined.after);
    }
    joined.free = true;
    free.add(joined);
  }

  private static void join(Block block, Block after) {
    block.size += after.size;
    block.after = after.after;
    if (block.after != null) {
      block.after.before = block;
    }
  }

  private NavigableSet<Block> free(boolean small) {
    return small ? freeSmall : freeLarge;
  }

  private static long roundUp(long value, long unit) {
    return (value + unit - 1) / unit * unit;
  }
}
