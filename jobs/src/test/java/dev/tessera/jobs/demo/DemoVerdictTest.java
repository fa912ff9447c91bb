package dev.tessera.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DemoVerdictTest {

  private static final DemoVerdict GOOD = new DemoVerdict(21, 9, 0.9, 0.02, 0.1, 0.03, 1);

  @Test
  void aGoodDemoKeepsEveryBound() {
    assertThat(GOOD.bounds()).hasSize(6).allMatch(DemoVerdict.Bound::holds);
  }

  @Test
  void eachBoundCanBeBroken() {
    assertThat(broken(new DemoVerdict(19.9, 9, 0.9, 0.02, 0.1, 0.03, 1))).isEqualTo(1);
    assertThat(broken(new DemoVerdict(21, 17.5, 0.9, 0.02, 0.1, 0.03, 1))).isEqualTo(1);
    assertThat(broken(new DemoVerdict(21, 9, 0.49, 0.02, 0.1, 0.03, 1))).isEqualTo(1);
    assertThat(broken(new DemoVerdict(21, 9, 0.9, 0.02, 0.05, 0.03, 1))).isEqualTo(1);
    assertThat(broken(new DemoVerdict(21, 9, 0.9, 0.02, 0.1, 0.02, 1))).isEqualTo(1);
    assertThat(broken(new DemoVerdict(21, 9, 0.9, 0.02, 0.1, 0.03, 0.94))).isEqualTo(1);
  }

  @Test
  void notANumberKeepsNoBound() {
    double nan = Double.NaN;
    assertThat(new DemoVerdict(nan, nan, nan, nan, nan, nan, nan).bounds())
        .noneMatch(DemoVerdict.Bound::holds);
  }

  private static long broken(DemoVerdict verdict) {
    return verdict.bounds().stream().filter(bound -> !bound.holds()).count();
  }
}
