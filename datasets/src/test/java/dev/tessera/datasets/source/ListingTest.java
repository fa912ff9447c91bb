package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ListingTest {

  @Test
  void splitsHoldEachPictureOnceAndInOrder() {
    Random random = new Random(3);
    for (int trial = 0; trial < 300; trial++) {
      List<Segment> segments = new ArrayList<>();
      long id = 0;
      int files = 1 + random.nextInt(8);
      for (int f = 0; f < files; f++) {
        long count = random.nextLong(1, trial % 3 == 0 ? 2 : 51);
        segments.add(Segment.of("f" + f, "f" + f, id, count));
        id += count;
      }
      int wanted = 1 + random.nextInt(12);
      List<Split> splits = new Listing(segments, List.of(), null).splits(wanted);
      assertThat(splits).hasSize((int) Math.min(wanted, id));
      long next = 0;
      for (Split split : splits) {
        assertThat(split.count()).isBetween(id / splits.size(), id / splits.size() + 1);
        for (Segment segment : split.segments()) {
          assertThat(segment.count()).isPositive();
          assertThat(segment.id()).isEqualTo(next);
          Segment whole = segments.get(Integer.parseInt(segment.path().substring(1)));
          assertThat(segment.id() - whole.id()).isEqualTo(segment.from());
          next += segment.count();
        }
      }
      assertThat(next).isEqualTo(id);
    }
  }
}
