package dev.tessera.jobs.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DemoVerdictTest {

  private static final DemoVerdict GOOD = new DemoVerdict(21, 9, 0.9, 0.02, 0.1, 0.03, 1);

  @Test
  void aGoodDemoKeepsEveryBound() {
    assertThat(GOOD.bounds(false)).hasSize(6).allMatch(DemoVerdict.Bound::holds);
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
  void aShortenedDemoMustStillHaveLearnt() {
    DemoVerdict little = new DemoVerdict(15, 9, 0.3, 0.08, 0.1, 0.03, 1);
    assertThat(little.bounds(true)).hasSize(3).allMatch(DemoVerdict.Bound::holds);
    DemoVerdict nothing = new DemoVerdict(12, 9, 0.3, 0.11, 0.1, 0.03, 0.9);
    assertThat(nothing.bounds(true)).noneMatch(DemoVerdict.Bound::holds);
  }

  @Test
  void notANumberKeepsNoBound() {
    double nan = Double.NaN;
    assertThat(new DemoVerdict(nan, nan, nan, nan, nan, nan, nan).bounds(false))
        .noneMatch(DemoVerdict.Bound::holds);
  }

  private static long broken(DemoVerdict verdict) {
    return verdict.bounds(false).stream().filter(bound -> !bound.holds()).count();
  }
}
