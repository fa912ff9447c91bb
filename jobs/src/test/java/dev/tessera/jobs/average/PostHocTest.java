package dev.tessera.jobs.average;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.train.PowerProfile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PostHocTest {

  private static final long EVERY = 8;
  private static final int SNAPSHOTS = 32;
  private static final int IMAGES = (int) EVERY * SNAPSHOTS;

  private static PostHoc.Average average(long images, double deviation) {
    return new PostHoc.Average(images, PowerProfile.ofDeviation(deviation));
  }

  private static List<PostHoc.Average> stored() {
    List<PostHoc.Average> stored = new ArrayList<>();
    for (int i = 1; i <= SNAPSHOTS; i++) {
      stored.add(average(i * EVERY, 0.05));
      stored.add(average(i * EVERY, 0.1));
    }
    return stored;
  }

  @Test
  void aStoredAverageIsItself() {
    List<PostHoc.Average> stored = stored();
    for (int which : new int[] {7, 20, 2 * SNAPSHOTS - 1}) {
      double[] weights = PostHoc.weights(stored, stored.get(which));
      for (int i = 0; i < weights.length; i++) {
        assertThat(weights[i]).isCloseTo(i == which ? 1 : 0, within(1e-12));
      }
    }
  }

  @Test
  void productsAreThoseOfTheWeightsInTime() {
    PowerProfile a = PowerProfile.ofDeviation(0.05);
    PowerProfile b = PowerProfile.ofDeviation(0.2);
    assertThat(a.product(0.6, b, 1)).isCloseTo(integral(a, 0.6, b, 1), within(1e-6));
    assertThat(a.product(1, b, 0.7)).isCloseTo(integral(a, 1, b, 0.7), within(1e-6));
    assertThat(b.product(0.7, a, 1)).isCloseTo(a.product(1, b, 0.7), within(1e-12));
  }

  private static double integral(PowerProfile a, double t, PowerProfile b, double s) {
    int points = 400_000;
    double end = Math.min(t, s);
    double sum = 0;
    for (int i = 0; i < points; i++) {
      double x = end * (i + 0.5) / points;
      sum += weight(a, t, x) * weight(b, s, x) * end / points;
    }
    return sum;
  }

  private static double weight(PowerProfile profile, double end, double x) {
    double g = profile.exponent();
    return (g + 1) * Math.pow(x, g) / Math.pow(end, g + 1);
  }

  /** Each parameter a function of time, averaged as training does; then another average of it. */
  @Test
  void anotherLengthIsThatAverageOfAnySmoothCourse() {
    double[] course = new double[IMAGES + 1];
    for (int n = 0; n <= IMAGES; n++) {
      double t = (double) n / IMAGES;
      course[n] = Math.sin(5 * t) + t * t;
    }
    List<PostHoc.Average> stored = stored();
    for (double deviation : new double[] {0.06, 0.08, 0.15}) {
      PostHoc.Average wanted = average(IMAGES, deviation);
      double[] weights = PostHoc.weights(stored, wanted);
      double made = 0;
      for (int i = 0; i < weights.length; i++) {
        made += weights[i] * averaged(course, stored.get(i));
      }
      assertThat(made).isCloseTo(averaged(course, wanted), within(2e-3));
      // Neither of the stored ones would do.
      double nearest = averaged(course, stored.get(2 * SNAPSHOTS - 1));
      assertThat(Math.abs(nearest - averaged(course, wanted))).isGreaterThan(5e-3);
    }
  }

  private static double averaged(double[] course, PostHoc.Average average) {
    double value = 0;
    for (int n = 1; n <= average.images(); n++) {
      double keep = average.profile().keep(n, 1);
      value = keep * value + (1 - keep) * course[n];
    }
    return value;
  }
}
