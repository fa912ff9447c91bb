package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RowRangeTest {

  @Test
  void spreadRangesHoldEachRowOnceAndReachFromEndToEnd() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 500; i++) {
      long from = random.nextLong(0, 50);
      int rows = random.nextInt(1, 300);
      int count = random.nextInt(1, rows + 1);
      int parts = random.nextInt(1, count + 1);

      List<RowRange> ranges = RowRange.spread(from, from + rows, count, parts);

      assertThat(ranges).hasSize(parts);
      long at = from;
      long sum = 0;
      long widest = 0;
      for (RowRange range : ranges) {
        assertThat(range.from()).isGreaterThanOrEqualTo(at);
        assertThat(range.to()).isGreaterThan(range.from());
        widest = Math.max(widest, range.from() - at);
        at = range.to();
        sum += range.to() - range.from();
      }
      assertThat(sum).isEqualTo(count);
      assertThat(at).isLessThanOrEqualTo(from + rows);
      // No gap is wider than a part's share of what is left out.
      assertThat(Math.max(widest, from + rows - at))
          .isLessThanOrEqualTo((rows - count) / parts + 1);
    }
  }

  @Test
  void tenRowsOfAHundredInFiveRangesAreTwoInEveryTwenty() {
    assertThat(RowRange.spread(0, 100, 10, 5))
        .containsExactly(
            new RowRange(0, 2),
            new RowRange(20, 22),
            new RowRange(40, 42),
            new RowRange(60, 62),
            new RowRange(80, 82));
  }
}
