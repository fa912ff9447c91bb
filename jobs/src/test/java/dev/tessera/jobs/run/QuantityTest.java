package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class QuantityTest {

  @Test
  void numbersReadAsPeopleWriteThem() {
    assertThat(Quantity.count(12_800)).isEqualTo("12,800");
    assertThat(List.of(1934.2, 33.25, 0.456))
        .extracting(Quantity::rate)
        .containsExactly("1,934", "33.3", "0.46");
    assertThat(List.of(0.43123, 12.3456, 1e-5, 0.0, -250.0))
        .extracting(Quantity::value)
        .containsExactly("0.4312", "12.35", "1.00e-5", "0.0000", "-250.0");
    assertThat(List.of(9.4, 252.0, 11_220.0, 187_200.0))
        .extracting(Quantity::duration)
        .containsExactly("9s", "4m12s", "3h07m", "2d04h");
    assertThat(List.of(12.0, 1536.0, 4194304.0, 2e15))
        .extracting(Quantity::bytes)
        .containsExactly("12 B", "1.5 KiB", "4.0 MiB", "1819 TiB");
    assertThat(List.of(0.0, 20_000.0, 1.5e6, 0.25, 1e-4, -3.0, 1.2e-7))
        .extracting(Quantity::tick)
        .containsExactly("0", "20k", "1.5M", "0.25", "1e-4", "-3", "1.2e-7");
  }

  @Test
  void ticksAreDistinctRoundAndWithinTheAxis() {
    Random random = new Random(9);
    for (int i = 0; i < 3000; i++) {
      double a = random.nextGaussian() * Math.pow(10, random.nextInt(12) - 6);
      double b = a + Math.abs(random.nextGaussian()) * Math.pow(10, random.nextInt(8) - 4);
      Axis axis = Axis.ofValues(new double[] {a, b, Double.NaN}, 200, 10);
      List<Double> ticks = axis.ticks(5);

      assertThat(ticks).as("%s to %s: %s", a, b, axis).hasSizeBetween(1, 12).isSorted();
      assertThat(ticks).allMatch(t -> t >= axis.low() - 1e-9 * Math.abs(axis.low()));
      assertThat(axis.at(a)).isBetween(10.0, 200.0);
      assertThat(axis.at(b)).isBetween(10.0, axis.at(a));
    }
  }
}
