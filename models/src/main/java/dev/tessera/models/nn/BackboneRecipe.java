package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import java.io.Serializable;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The networks that a recipe may name, by {@code type: dit}, {@code type: unet} or {@code type:
 * ddpm-plus-plus}.
 */
public sealed interface BackboneRecipe extends Serializable {

  /**
   * Declares the network's parameters.
   *
   * @param classes number of classes, 0 for none
   */
  Backbone build(Scope scope, int channels, int height, int width, int classes);

  /**
   * @param patch side of a patch
   * @param width features of a token
   * @param depth number of blocks
   * @param heads attention heads
   */
  record Dit(int patch, int width, int depth, int heads) implements BackboneRecipe {
    public Dit {
      positive("patch", patch);
      positive("depth", depth);
      positive("heads", heads);
      if (width < 4 || width % 4 != 0 || width % heads != 0) {
        throw new IllegalArgumentException(
            "width: " + width + " (expected: a multiple of 4 and of the " + heads + " heads)");
      }
    }

    public static Dit defaults() {
      return new Dit(2, 256, 6, 4);
    }

    @Override
    public Backbone build(Scope scope, int channels, int height, int width, int classes) {
      return new dev.tessera.models.nn.Dit(scope, this, channels, height, width, classes);
    }
  }

  /**
   * @param channels features at full size
   * @param multipliers features of each level over {@code channels}; each level halves the size
   * @param blocks residual blocks a level
   * @param heads attention heads at the coarsest level
   */
  record Unet(int channels, List<Integer> multipliers, int blocks, int heads)
      implements BackboneRecipe {
    public Unet {
      multipliers = List.copyOf(multipliers);
      if (heads < 1) {
        throw new IllegalArgumentException("heads: " + heads + " (expected: 1 or more)");
      }
      if (channels < 4 || channels % heads != 0) {
        throw new IllegalArgumentException(
            "channels: " + channels + " (expected: 4 or more, a multiple of the heads)");
      }
      if (multipliers.isEmpty() || multipliers.stream().anyMatch(m -> m < 1)) {
        throw new IllegalArgumentException(
            "multipliers: " + multipliers + " (expected: one or more positive numbers)");
      }
      if (blocks < 1) {
        throw new IllegalArgumentException("blocks: " + blocks + " (expected: 1 or more)");
      }
    }

    public static Unet defaults() {
      return new Unet(64, List.of(1, 2, 2), 2, 4);
    }

    @Override
    public Backbone build(Scope scope, int channels, int height, int width, int classes) {
      requireEvenLevels(multipliers, height, width);
      return new UNet(scope, this, channels, classes);
    }
  }

  /**
   * DDPM++ as EDM trains it on CIFAR-10 (Song et al. 2021; Karras et al. 2022), for square
   * pictures.
   *
   * @param channels features before the multipliers; the condition has four times as many
   * @param multipliers features of each level over {@code channels}; each level after the first
   *     halves the size
   * @param blocks residual blocks a level, one more on the way up
   * @param attentionResolutions sides of the maps on which blocks attend; the middle always does
   * @param dropout chance that an activation within a block is dropped in training
   */
  record DdpmPlusPlus(
      int channels,
      List<Integer> multipliers,
      int blocks,
      List<Integer> attentionResolutions,
      double dropout)
      implements BackboneRecipe {
    public DdpmPlusPlus {
      multipliers = List.copyOf(multipliers);
      attentionResolutions = List.copyOf(attentionResolutions);
      if (channels < 4 || channels % 2 != 0) {
        throw new IllegalArgumentException(
            "channels: " + channels + " (expected: an even number, 4 or more)");
      }
      if (multipliers.isEmpty() || multipliers.stream().anyMatch(m -> m < 1)) {
        throw new IllegalArgumentException(
            "multipliers: " + multipliers + " (expected: one or more positive numbers)");
      }
      positive("blocks", blocks);
      if (attentionResolutions.stream().anyMatch(side -> side < 1)) {
        throw new IllegalArgumentException(
            "attentionResolutions: " + attentionResolutions + " (expected: positive numbers)");
      }
      if (!(dropout >= 0 && dropout < 1)) {
        throw new IllegalArgumentException(
            "dropout: " + dropout + " (expected: 0 or more, below 1)");
      }
    }

    /** The 55.7M parameters of EDM's network for CIFAR-10. */
    public static DdpmPlusPlus defaults() {
      return new DdpmPlusPlus(128, List.of(2, 2, 2), 4, List.of(16), 0.13);
    }

    @Override
    public Backbone build(Scope scope, int channels, int height, int width, int classes) {
      requireEvenLevels(multipliers, height, width);
      requireSides(height, width);
      return new dev.tessera.models.nn.DdpmPlusPlus(scope, this, channels, height, classes);
    }

    /** A side that no level has would be a network without the attention that was asked for. */
    private void requireSides(int height, int width) {
      if (height != width) {
        throw new IllegalArgumentException(
            "type: ddpm-plus-plus (expected: another network, pictures of "
                + height
                + " x "
                + width
                + " are not square)");
      }
      List<Integer> sides =
          IntStream.range(0, multipliers.size()).mapToObj(level -> height >> level).toList();
      if (!sides.containsAll(attentionResolutions)) {
        throw new IllegalArgumentException(
            "attention-resolutions: "
                + attentionResolutions
                + " (expected: some of "
                + sides
                + ")");
      }
    }
  }

  private static void positive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  private static void requireEvenLevels(List<Integer> multipliers, int height, int width) {
    int factor = 1 << (multipliers.size() - 1);
    if (height % factor != 0 || width % factor != 0) {
      throw new IllegalArgumentException(
          "multipliers: "
              + multipliers
              + " (expected: levels that halve "
              + height
              + " x "
              + width
              + " evenly)");
    }
  }
}
