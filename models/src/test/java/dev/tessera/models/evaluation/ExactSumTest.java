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
}
