package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class ExactSumTest {

  @Test
  void equalsTheSumInUnboundedArithmetic() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      ExactSum sum = new ExactSum();
      ExactSum other = new ExactSum();
      BigDecimal expected = BigDecimal.ZERO;
      for (int i = 0; i < 100; i++) {
        double term = random.nextGaussian() * Math.pow(2, random.nextInt(200) - 100);
        (random.nextBoolean() ? sum : other).add(term);
        expected = expected.add(new BigDecimal(term));
      }
      sum.add(other);
      assertThat(sum.value()).isEqualTo(expected.doubleValue());
    }
  }

  @Test
  void whatIsNoNumberStaysThroughAMerge() {
    for (double broken : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      ExactSum sum = new ExactSum();
      ExactSum other = new ExactSum();
      sum.add(1);
      other.add(broken);
      other.add(2);
      sum.add(other);
      assertThat(sum.value()).isEqualTo(Double.valueOf(broken));
    }
    ExactSum both = new ExactSum();
    ExactSum opposite = new ExactSum();
    both.add(Double.POSITIVE_INFINITY);
    opposite.add(Double.NEGATIVE_INFINITY);
    both.add(opposite);
    assertThat(both.value()).isNaN();
  }
}
