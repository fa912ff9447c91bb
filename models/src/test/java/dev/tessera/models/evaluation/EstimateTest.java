package dev.tessera.models.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class EstimateTest {

  /** The deviation is that of the parts themselves, as the inception score's authors have it. */
  @Test
  void partsHaveAMeanAndADeviationOfTheirOwn() {
    Estimate estimate = Estimate.of(1, 2, 3, 6);
    assertThat(estimate.value()).isEqualTo(3);
    assertThat(estimate.deviation()).isCloseTo(Math.sqrt(14 / 4.), within(1e-15));
    assertThat(Estimate.of(7)).isEqualTo(new Estimate(7, 0));
    assertThat(Estimate.of().value()).isNaN();
  }
}
