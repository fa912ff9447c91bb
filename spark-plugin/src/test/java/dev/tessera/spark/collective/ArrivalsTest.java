package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;

class ArrivalsTest {

  /** The thread of the first call stood still between its admission and its arrival. */
  @Test
  void aPlaceIsTheLastClaimantsWhoeverArrivesLast() throws IOException {
    try (SocketChannel first = SocketChannel.open();
        SocketChannel second = SocketChannel.open()) {
      Connection dead = new Connection(first, null);
      Connection live = new Connection(second, null);
      Arrivals arrivals = new Arrivals(0, 2);
      assertThat(arrivals.claim(1, false, "first")).isNull();
      assertThat(arrivals.claim(1, false, "second")).isNull();
      assertThat(arrivals.keep(1, false, "first", dead)).isFalse();
      assertThat(arrivals.of(1, false)).isNull();
      assertThat(arrivals.keep(1, false, "second", live)).isTrue();
      assertThat(arrivals.keep(1, false, "first", dead)).isFalse();
      assertThat(arrivals.of(1, false)).isSameAs(live);
      assertThat(arrivals.missing()).containsExactly(1);

      arrivals.claim(1, true, "control");
      assertThat(arrivals.keep(1, true, "control", dead)).isTrue();
      assertThat(arrivals.missing()).isEmpty();
      assertThat(arrivals.claim(1, false, "third")).isSameAs(live);
      assertThat(arrivals.missing()).containsExactly(1);
    }
  }
}
