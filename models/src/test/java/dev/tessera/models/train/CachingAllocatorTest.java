package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Segments, rests and neighbours, as libtorch's allocator has them. */
final class CachingAllocatorTest {

  private static final long MIB = 1 << 20;

  private final CachingAllocator allocator = new CachingAllocator();

  @Test
  void requestsShareSegmentsByTheirSize() {
    allocator.allocate(1);
    allocator.allocate(MIB);
    assertThat(allocator.reserved()).isEqualTo(2 * MIB);
    allocator.allocate(3 * MIB);
    allocator.allocate(3 * MIB);
    assertThat(allocator.reserved()).isEqualTo(22 * MIB);
    allocator.allocate(21 * MIB);
    assertThat(allocator.reserved()).isEqualTo(44 * MIB);
  }

  @Test
  void whatIsGivenBackServesAgainAndNeighboursJoin() {
    CachingAllocator.Block whole = allocator.allocate(100 * MIB);
    allocator.free(whole);
    CachingAllocator.Block low = allocator.allocate(60 * MIB);
    CachingAllocator.Block high = allocator.allocate(40 * MIB);
    assertThat(allocator.reserved()).isEqualTo(100 * MIB);
    allocator.free(low);
    allocator.free(high);
    allocator.allocate(100 * MIB);
    assertThat(allocator.reserved()).isEqualTo(100 * MIB);
    assertThat(allocator.peak()).isEqualTo(100 * MIB);
  }

  @Test
  void aLongLifeInALargeBlockCostsAnotherOne() {
    allocator.free(allocator.allocate(100 * MIB));
    allocator.allocate(30 * MIB);
    allocator.allocate(100 * MIB);
    assertThat(allocator.reserved()).isEqualTo(200 * MIB);
    assertThat(allocator.peak()).isEqualTo(130 * MIB);
  }
}
