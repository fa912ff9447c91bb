package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import java.io.Serializable;
import java.util.List;

/** The networks that a recipe may name, by {@code type: dit} or {@code type: unet}. */
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

    private static void positive(String name, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
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
      return new UNet(scope, this, channels, classes);
    }
  }
}
