package dev.tessera.models.nn;

import java.util.List;
import java.util.stream.IntStream;

/** What a U-Net's recipe asks of its numbers and of the pictures. */
final class Sides {

  private Sides() {}

  static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  static void multipliers(List<Integer> multipliers) {
    if (multipliers.isEmpty() || multipliers.stream().anyMatch(m -> m < 1)) {
      throw new IllegalArgumentException(
          "multipliers: " + multipliers + " (expected: one or more positive numbers)");
    }
  }

  static void resolutions(List<Integer> attentionResolutions) {
    if (attentionResolutions.stream().anyMatch(side -> side < 1)) {
      throw new IllegalArgumentException(
          "attentionResolutions: " + attentionResolutions + " (expected: positive numbers)");
    }
  }

  static void dropout(double dropout) {
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("dropout: " + dropout + " (expected: 0 or more, below 1)");
    }
  }

  /** Even numbers are halves of sines and cosines. */
  static void evenChannels(int channels) {
    if (channels < 4 || channels % 2 != 0) {
      throw new IllegalArgumentException(
          "channels: " + channels + " (expected: an even number, 4 or more)");
    }
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

  /** A side that no level has would be a network without the attention that was asked for. */
  static void attention(
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
