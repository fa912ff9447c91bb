package dev.tessera.jobs.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NearestKeyTest {

  private static final List<String> KEYS =
      List.of("learning-rate", "batch", "images", "precision", "class-conditional", "ranks");

  @Test
  void oneSlipOfTheKeyboardIsFound() {
    Random random = new Random(7);
    for (int i = 0; i < 2000; i++) {
      String key = KEYS.get(random.nextInt(KEYS.size()));
      assertThat(NearestKey.of(slip(key, random), KEYS)).contains(key);
    }
  }

  @Test
  void otherConventionsOfSpellingAreFound() {
    assertThat(NearestKey.of("learning_rate", KEYS)).contains("learning-rate");
    assertThat(NearestKey.of("classConditional", KEYS)).contains("class-conditional");
  }

  @Test
  void nothingIsNearAStranger() {
    assertThat(NearestKey.of("dropout", KEYS)).isEmpty();
    assertThat(NearestKey.of("batch", List.of())).isEmpty();
  }

  @Test
  void distanceIsAMetricOnRandomWords() {
    Random random = new Random(3);
    for (int i = 0; i < 2000; i++) {
      String a = word(random);
      String b = word(random);
      int distance = NearestKey.distance(a, b);
      assertThat(distance).isEqualTo(NearestKey.distance(b, a));
      assertThat(distance == 0).isEqualTo(a.equals(b));
      assertThat(distance)
          .isBetween(Math.abs(a.length() - b.length()), Math.max(a.length(), b.length()));
    }
    assertThat(NearestKey.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(NearestKey.distance("abcd", "acbd")).isEqualTo(1);
  }

  private static String word(Random random) {
    return random
        .ints(random.nextInt(6), 'a', 'd')
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static String slip(String key, Random random) {
    int at = random.nextInt(key.length() - 1);
    return switch (random.nextInt(3)) {
      case 0 -> key.substring(0, at) + key.substring(at + 1);
      case 1 -> key.substring(0, at) + 'q' + key.substring(at);
      default -> key.substring(0, at) + key.charAt(at + 1) + key.charAt(at) + key.substring(at + 2);
    };
  }
}
