package dev.tessera.models.nn;

import dev.tessera.models.Expected;
import java.util.List;
import java.util.stream.IntStream;

/** What a backbone's recipe asks of its sizes and of the pictures. */
final class BackboneSizes {

  private BackboneSizes() {}

  static void positive(String name, int value) {
    Expected.that(value >= 1, name, value, "1 or more");
  }

  /** The levels of a U-Net that attends at some sides. */
  static void levels(List<Integer> multipliers, int blocks, List<Integer> attentionResolutions) {
    multipliers(multipliers);
    positive("blocks", blocks);
    resolutions(attentionResolutions);
  }

  static void multipliers(List<Integer> multipliers) {
    boolean positive = !multipliers.isEmpty() && multipliers.stream().allMatch(m -> m >= 1);
    Expected.that(positive, "multipliers", multipliers, "one or more positive numbers");
  }

  private static void resolutions(List<Integer> attentionResolutions) {
    boolean positive = attentionResolutions.stream().allMatch(side -> side >= 1);
    Expected.that(positive, "attentionResolutions", attentionResolutions, "positive numbers");
  }

  static void dropout(double dropout) {
    Expected.that(dropout >= 0 && dropout < 1, "dropout", dropout, "0 or more, below 1");
  }

  /** Even numbers are halves of sines and cosines. */
  static void evenChannels(int channels) {
    boolean even = channels >= 4 && channels % 2 == 0;
    Expected.that(even, "channels", channels, "an even number, 4 or more");
  }

  static void evenLevels(List<Integer> multipliers, BackboneShape shape) {
    int factor = 1 << (multipliers.size() - 1);
    if (shape.height() % factor != 0 || shape.width() % factor != 0) {
      throw new IllegalArgumentException(
          "multipliers: "
              + multipliers
              + " (expected: levels that halve "
              + shape.height()
              + " x "
              + shape.width()
              + " evenly)");
    }
  }

  /** Pictures of whose sides each level is half the one before, and some of them attend. */
  static void fit(
      String type, List<Integer> multipliers, List<Integer> resolutions, BackboneShape shape) {
    evenLevels(multipliers, shape);
    attention(type, multipliers, resolutions, shape);
  }

  /** A side that no level has would be a network without the attention that was asked for. */
  private static void attention(
      String type, List<Integer> multipliers, List<Integer> resolutions, BackboneShape shape) {
    if (shape.height() != shape.width()) {
      throw new IllegalArgumentException(
          "type: "
              + type
              + " (expected: another network, pictures of "
              + shape.height()
              + " x "
              + shape.width()
              + " are not square)");
    }
    List<Integer> sides =
        IntStream.range(0, multipliers.size()).mapToObj(level -> shape.height() >> level).toList();
    if (!sides.containsAll(resolutions)) {
      throw new IllegalArgumentException(
          "attention-resolutions: " + resolutions + " (expected: some of " + sides + ")");
    }
  }

  /** Every level that attends, and the middle, must be whole heads wide. */
  static void heads(
      int channels,
      List<Integer> multipliers,
      List<Integer> resolutions,
      int channelsPerHead,
      int side) {
    for (int level = 0; level < multipliers.size(); level++) {
      int features = channels * multipliers.get(level);
      boolean attends = level == multipliers.size() - 1 || resolutions.contains(side >> level);
      if (attends && features % channelsPerHead != 0) {
        throw new IllegalArgumentException(
            "channels-per-head: "
                + channelsPerHead
                + " (expected: a divisor of the "
                + features
                + " features at side "
                + (side >> level)
                + ")");
      }
    }
  }
}
