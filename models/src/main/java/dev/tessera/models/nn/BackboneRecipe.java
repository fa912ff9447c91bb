package dev.tessera.models.nn;

import dev.tessera.models.graph.Scope;
import dev.tessera.models.structure.Structure;
import java.io.Serializable;
import java.util.List;

/**
 * The networks that a recipe may name, by {@code type: dit}, {@code unet}, {@code ddpm-plus-plus},
 * {@code ncsn-plus-plus}, {@code adm}, {@code edm2} or {@code mlp}.
 */
public sealed interface BackboneRecipe extends Serializable {

  /** Declares the network's parameters. */
  Backbone build(Scope scope, BackboneShape shape);

  /**
   * What the parameters' sizes do not tell of the network. Not what may change from one part of a
   * run to the next, such as dropout.
   */
  Structure structure();

  /**
   * For the fingerprint: {@link Backbone#labelScale}, where it is not what older models had. Theirs
   * were once given whole steps, so a model that divides them is another; 1 for networks of which
   * that never changed.
   */
  default int stepsPerLabel() {
    return 1;
  }

  /**
   * Declares the parameters of a network that says as many channels as it is given.
   *
   * @param classes number of classes, 0 for none
   */
  default Backbone build(Scope scope, int channels, int height, int width, int classes) {
    return build(scope, BackboneShape.of(channels, height, width, classes));
  }

  /**
   * A transformer; the last five say what its blocks are made of, by default what Peebles and Xie
   * (2023) took, but for the features of the noise level, of which they had 256.
   *
   * @param patch side of a patch
   * @param width features of a token
   * @param depth number of blocks
   * @param heads attention heads
   * @param norm before attention and feed-forward layers
   * @param feedForward the layers after attention
   * @param positions how tokens know their place
   * @param qkNorm whether queries and keys are divided by their root mean square and scaled by
   *     learned numbers (Dehghani et al. 2023), which bounds the logits of attention
   * @param noiseFeatures sines and cosines of the noise level
   */
  record Dit(
      int patch,
      int width,
      int depth,
      int heads,
      Norm norm,
      FeedForward feedForward,
      Positions positions,
      boolean qkNorm,
      int noiseFeatures)
      implements BackboneRecipe {

    /** What is done to a token's features before they are modulated. */
    public enum Norm {
      /** Mean 0 and variance 1 (Ba et al. 2016). */
      LAYER,
      /** Root mean square 1 (Zhang and Sennrich 2019). */
      RMS
    }

    /** A token's own layers. */
    public enum FeedForward {
      /** {@code W2 gelu(W1 x)} of four times the width. */
      GELU,
      /**
       * {@code W3 (silu(W1 x) * W2 x)} (Shazeer 2020), of 8/3 times the width, next multiple of 64:
       * as many weights as the other.
       */
      SWIGLU
    }

    /** How a token's place enters. */
    public enum Positions {
      /** Learned vectors are added, sines and cosines of row and column at first. */
      SIN_COS,
      /**
       * Queries and keys are rotated (Su et al. 2021), half of a head's features by the row, half
       * by the column, so that attention sees differences of places.
       */
      ROTARY,
      /** Vectors are added and queries and keys rotated. */
      BOTH
    }

    public Dit {
      BackboneSizes.positive("patch", patch);
      BackboneSizes.positive("depth", depth);
      BackboneSizes.positive("heads", heads);
      if (width < 4 || width % 4 != 0 || width % heads != 0) {
        throw new IllegalArgumentException(
            "width: " + width + " (expected: a multiple of 4 and of the " + heads + " heads)");
      }
      if (positions != Positions.SIN_COS && (width / heads) % 4 != 0) {
        throw new IllegalArgumentException(
            "heads: "
                + heads
                + " (expected: heads of a multiple of 4 features, of which rotary positions turn"
                + " pairs for row and column; these have "
                + width / heads
                + ")");
      }
      if (noiseFeatures < 2 || noiseFeatures % 2 != 0) {
        throw new IllegalArgumentException(
            "noiseFeatures: " + noiseFeatures + " (expected: an even number, 2 or more)");
      }
    }

    /** With blocks as Peebles and Xie have them. */
    public Dit(int patch, int width, int depth, int heads) {
      this(
          patch,
          width,
          depth,
          heads,
          Norm.LAYER,
          FeedForward.GELU,
          Positions.SIN_COS,
          false,
          NoiseEmbedding.FEATURES);
    }

    public static Dit defaults() {
      return new Dit(2, 256, 6, 4);
    }

    @Override
    public Structure structure() {
      Dit published = new Dit(patch, width, depth, heads);
      return new Structure("dit")
          .fact("patch", patch)
          .fact("width", width)
          .fact("depth", depth)
          .fact("heads", heads)
          .added("norm", word(norm), word(published.norm))
          .added("feedForward", word(feedForward), word(published.feedForward))
          .added("positions", word(positions), word(published.positions))
          .added("qkNorm", qkNorm, published.qkNorm)
          .added("noiseFeatures", noiseFeatures, published.noiseFeatures);
    }

    /** Written out, so that a constant of another name is the same network. */
    private static String word(Norm norm) {
      return switch (norm) {
        case LAYER -> "layer";
        case RMS -> "rms";
      };
    }

    private static String word(FeedForward layers) {
      return switch (layers) {
        case GELU -> "gelu";
        case SWIGLU -> "swiglu";
      };
    }

    private static String word(Positions positions) {
      return switch (positions) {
        case SIN_COS -> "sin-cos";
        case ROTARY -> "rotary";
        case BOTH -> "both";
      };
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      return new dev.tessera.models.nn.Dit(scope, this, shape);
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
      BackboneSizes.positive("heads", heads);
      if (channels < 4 || channels % heads != 0) {
        throw new IllegalArgumentException(
            "channels: " + channels + " (expected: 4 or more, a multiple of the heads)");
      }
      BackboneSizes.multipliers(multipliers);
      BackboneSizes.positive("blocks", blocks);
    }

    public static Unet defaults() {
      return new Unet(64, List.of(1, 2, 2), 2, 4);
    }

    @Override
    public Structure structure() {
      return new Structure("unet")
          .fact("channels", channels)
          .fact("multipliers", multipliers)
          .fact("blocks", blocks)
          .fact("heads", heads);
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      BackboneSizes.evenLevels(multipliers, shape);
      return new UNet(scope, this, shape);
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
      BackboneSizes.evenChannels(channels);
      BackboneSizes.levels(multipliers, blocks, attentionResolutions);
      BackboneSizes.dropout(dropout);
    }

    /** The 55.7M parameters of EDM's network for CIFAR-10. */
    public static DdpmPlusPlus defaults() {
      return new DdpmPlusPlus(128, List.of(2, 2, 2), 4, List.of(16), 0.13);
    }

    @Override
    public Structure structure() {
      return new Structure("ddpm-plus-plus")
          .fact("channels", channels)
          .fact("multipliers", multipliers)
          .fact("blocks", blocks)
          .fact("attentionResolutions", attentionResolutions);
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      BackboneSizes.fit("ddpm-plus-plus", multipliers, attentionResolutions, shape);
      UnetForm form =
          new UnetForm(
              UnetForm.Kind.DDPM_PLUS_PLUS,
              channels,
              multipliers,
              blocks,
              attentionResolutions,
              dropout,
              1);
      return new EdmUnet(scope, form, shape);
    }
  }

  /**
   * NCSN++ as EDM trains it on CIFAR-10 (Song et al. 2021; Karras et al. 2022), for square
   * pictures: DDPM++ with random frequencies of the noise level, the filter [1, 3, 3, 1] where the
   * size changes, and the picture added to the features at every level on the way down.
   *
   * @param channels features before the multipliers; the condition has four times as many
   * @param multipliers features of each level over {@code channels}; each level after the first
   *     halves the size
   * @param blocks residual blocks a level, one more on the way up
   * @param attentionResolutions sides of the maps on which blocks attend; the middle always does
   * @param dropout chance that an activation within a block is dropped in training
   */
  record NcsnPlusPlus(
      int channels,
      List<Integer> multipliers,
      int blocks,
      List<Integer> attentionResolutions,
      double dropout)
      implements BackboneRecipe {
    public NcsnPlusPlus {
      multipliers = List.copyOf(multipliers);
      attentionResolutions = List.copyOf(attentionResolutions);
      BackboneSizes.evenChannels(channels);
      BackboneSizes.levels(multipliers, blocks, attentionResolutions);
      BackboneSizes.dropout(dropout);
    }

    /** The 56.4M parameters of EDM's network for CIFAR-10. */
    public static NcsnPlusPlus defaults() {
      return new NcsnPlusPlus(128, List.of(2, 2, 2), 4, List.of(16), 0.13);
    }

    @Override
    public Structure structure() {
      return new Structure("ncsn-plus-plus")
          .fact("channels", channels)
          .fact("multipliers", multipliers)
          .fact("blocks", blocks)
          .fact("attentionResolutions", attentionResolutions);
    }

    @Override
    public int stepsPerLabel() {
      return ConditionEmbedding.FOURIER_STEPS;
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      BackboneSizes.fit("ncsn-plus-plus", multipliers, attentionResolutions, shape);
      UnetForm form =
          new UnetForm(
              UnetForm.Kind.NCSN_PLUS_PLUS,
              channels,
              multipliers,
              blocks,
              attentionResolutions,
              dropout,
              1);
      return new EdmUnet(scope, form, shape);
    }
  }

  /**
   * ADM (Dhariwal and Nichol 2021) as EDM trains it on ImageNet (Karras et al. 2022), for square
   * pictures: the condition scales and shifts, and attention has several heads.
   *
   * @param channels features before the multipliers; the condition has four times as many
   * @param multipliers features of each level over {@code channels}; each level after the first
   *     halves the size
   * @param blocks residual blocks a level, one more on the way up
   * @param attentionResolutions sides of the maps on which blocks attend; the middle always does
   * @param channelsPerHead features of an attention head
   * @param dropout chance that an activation within a block is dropped in training
   */
  record Adm(
      int channels,
      List<Integer> multipliers,
      int blocks,
      List<Integer> attentionResolutions,
      int channelsPerHead,
      double dropout)
      implements BackboneRecipe {
    public Adm {
      multipliers = List.copyOf(multipliers);
      attentionResolutions = List.copyOf(attentionResolutions);
      BackboneSizes.evenChannels(channels);
      BackboneSizes.levels(multipliers, blocks, attentionResolutions);
      BackboneSizes.positive("channelsPerHead", channelsPerHead);
      BackboneSizes.dropout(dropout);
    }

    /** The 295.9M parameters for ImageNet at 64 x 64. */
    public static Adm defaults() {
      return new Adm(192, List.of(1, 2, 3, 4), 3, List.of(32, 16, 8), 64, 0.1);
    }

    @Override
    public Structure structure() {
      return new Structure("adm")
          .fact("channels", channels)
          .fact("multipliers", multipliers)
          .fact("blocks", blocks)
          .fact("attentionResolutions", attentionResolutions)
          .fact("channelsPerHead", channelsPerHead);
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      BackboneSizes.fit("adm", multipliers, attentionResolutions, shape);
      BackboneSizes.heads(
          channels, multipliers, attentionResolutions, channelsPerHead, shape.height());
      UnetForm form =
          new UnetForm(
              UnetForm.Kind.ADM,
              channels,
              multipliers,
              blocks,
              attentionResolutions,
              dropout,
              channelsPerHead);
      return new EdmUnet(scope, form, shape);
    }
  }

  /**
   * EDM2's magnitude-preserving U-Net (Karras et al. 2024, configuration G), for square pictures or
   * latents. Its weights keep root mean square 1 a row; there are no biases and no norms.
   *
   * @param channels features before the multipliers
   * @param multipliers features of each level over {@code channels}; each level after the first
   *     halves the size, and the condition is as wide as the widest
   * @param blocks residual blocks a level, one more on the way up
   * @param attentionResolutions sides of the maps on which blocks attend; the middle always does
   * @param channelsPerHead features of an attention head
   * @param dropout chance that an activation within a block is dropped in training
   */
  record Edm2(
      int channels,
      List<Integer> multipliers,
      int blocks,
      List<Integer> attentionResolutions,
      int channelsPerHead,
      double dropout)
      implements BackboneRecipe {
    public Edm2 {
      multipliers = List.copyOf(multipliers);
      attentionResolutions = List.copyOf(attentionResolutions);
      BackboneSizes.positive("channels", channels);
      BackboneSizes.levels(multipliers, blocks, attentionResolutions);
      BackboneSizes.positive("channelsPerHead", channelsPerHead);
      BackboneSizes.dropout(dropout);
    }

    /** EDM2-XS: 124.7M parameters for latents of 64 x 64 x 4 and 1000 classes. */
    public static Edm2 defaults() {
      return new Edm2(128, List.of(1, 2, 3, 4), 3, List.of(16, 8), 64, 0);
    }

    @Override
    public Structure structure() {
      return new Structure("edm2")
          .fact("channels", channels)
          .fact("multipliers", multipliers)
          .fact("blocks", blocks)
          .fact("attentionResolutions", attentionResolutions)
          .fact("channelsPerHead", channelsPerHead);
    }

    @Override
    public int stepsPerLabel() {
      return (int) NoiseEmbedding.SCALE;
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      BackboneSizes.fit("edm2", multipliers, attentionResolutions, shape);
      BackboneSizes.heads(
          channels, multipliers, attentionResolutions, channelsPerHead, shape.height());
      if (shape.augment() > 0) {
        throw new IllegalArgumentException(
            "type: edm2 (expected: adm or another network that is told of augmentation)");
      }
      return new MagnitudeUnet(scope, this, shape);
    }
  }

  /**
   * Residual layers on all numbers of a sample at once, for densities of few dimensions.
   *
   * @param width features
   * @param depth number of residual layers
   */
  record Mlp(int width, int depth) implements BackboneRecipe {
    public Mlp {
      BackboneSizes.positive("width", width);
      BackboneSizes.positive("depth", depth);
    }

    public static Mlp defaults() {
      return new Mlp(128, 4);
    }

    @Override
    public Structure structure() {
      return new Structure("mlp").fact("width", width).fact("depth", depth);
    }

    @Override
    public Backbone build(Scope scope, BackboneShape shape) {
      return new dev.tessera.models.nn.Mlp(scope, this, shape);
    }
  }
}
