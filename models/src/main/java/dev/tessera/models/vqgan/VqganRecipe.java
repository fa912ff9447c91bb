package dev.tessera.models.vqgan;

import dev.tessera.models.Expected;
import dev.tessera.models.optimizer.AdamW;
import dev.tessera.models.train.OptimizerRecipe;
import java.io.Serializable;
import java.util.List;

/**
 * A VQGAN (Esser et al. 2021): its first stage, which turns pictures into codes and back.
 *
 * @param network encoder and decoder
 * @param codes the codebook
 * @param losses of the reconstruction
 * @param adversary the discriminator and its part in the loss
 * @param optimizer of encoder and decoder
 */
public record VqganRecipe(
    Network network, Codes codes, Losses losses, Adversary adversary, OptimizerRecipe optimizer)
    implements Serializable {

  public static VqganRecipe defaults() {
    return new VqganRecipe(
        Network.defaults(),
        Codes.defaults(),
        Losses.defaults(),
        Adversary.defaults(),
        new OptimizerRecipe(new AdamW(0.5, 0.9, 1e-8), 1e-3).with(2_000, 0));
  }

  /** Two plans of the networks. */
  public enum Form {
    /**
     * For small pictures: encoder and decoder alike, attention once at the coarsest level, changes
     * of width where the size changes; a discriminator of layers that halve the size.
     */
    COMPACT,

    /**
     * As published: two residual blocks with attention between them at the coarsest level, a block
     * more a level on the way up, maps of one pixel to the codes and back (Esser et al. 2021); a
     * discriminator that ends with a layer at full width (Isola et al. 2017).
     */
    PUBLISHED
  }

  /**
   * Encoder and decoder.
   *
   * @param patch side of the squares of pixels that enter and leave as one position; 1 for none
   * @param channels features of the first level
   * @param multipliers features of each level over {@code channels}; each level after the first
   *     halves the size
   * @param blocks residual blocks a level
   * @param attention whether pixels attend to one another at the coarsest level
   * @param form the plan of both
   * @param attentionResolutions sides of the maps on which attention follows every residual block,
   *     for the published form
   * @param latent features between encoder or decoder and the codes' own, for the published form; 0
   *     in the compact one
   */
  public record Network(
      int patch,
      int channels,
      List<Integer> multipliers,
      int blocks,
      boolean attention,
      Form form,
      List<Integer> attentionResolutions,
      int latent)
      implements Serializable {

    /** In the compact form. */
    public Network(
        int patch, int channels, List<Integer> multipliers, int blocks, boolean attention) {
      this(patch, channels, multipliers, blocks, attention, Form.COMPACT, List.of(), 0);
    }

    public Network {
      multipliers = List.copyOf(multipliers);
      attentionResolutions = List.copyOf(attentionResolutions);
      Expected.that(patch >= 1, "patch", patch, "1 or more");
      Expected.that(channels >= 4, "channels", channels, "4 or more");
      Expected.that(
          !multipliers.isEmpty() && multipliers.stream().allMatch(m -> m > 0),
          "multipliers",
          multipliers,
          "one or more positive numbers");
      Expected.that(blocks >= 1, "blocks", blocks, "1 or more");
      if (form == Form.COMPACT) {
        Expected.that(
            attentionResolutions.isEmpty(),
            "attentionResolutions",
            attentionResolutions,
            "none in the compact form");
        Expected.that(latent == 0, "latent", latent, "0 in the compact form");
      } else {
        Expected.that(latent >= 1, "latent", latent, "1 or more in the published form");
      }
    }

    public static Network defaults() {
      return new Network(2, 48, List.of(1, 2), 1, true);
    }

    /** Pixels a side for one code. */
    public int factor() {
      return patch << (multipliers.size() - 1);
    }

    /** Features of a level. */
    int features(int level) {
      return channels * multipliers.get(level);
    }

    int levels() {
      return multipliers.size();
    }

    /** Added to the variance by norms. */
    double eps() {
      return form == Form.COMPACT ? 1e-5 : 1e-6;
    }
  }

  /**
   * The codebook, kept as a moving average of what is assigned to it (van den Oord et al. 2017,
   * appendix A.1), with dead codes restarted from the batch (Dhariwal et al. 2020).
   *
   * @param count number of codes
   * @param width features of a code
   * @param commitment weight of the commitment loss
   * @param decay of the moving average
   * @param restartBelow a code whose share of assignments falls below this fraction of the uniform
   *     share is restarted
   */
  public record Codes(int count, int width, double commitment, double decay, double restartBelow)
      implements Serializable {
    public Codes {
      Expected.that(count >= 2, "count", count, "2 or more");
      Expected.that(width >= 1, "width", width, "1 or more");
      Expected.that(commitment >= 0, "commitment", commitment, "0 or more");
      Expected.that(decay >= 0 && decay < 1, "decay", decay, "0 or more, below 1");
      Expected.that(
          restartBelow >= 0 && restartBelow < 1,
          "restartBelow",
          restartBelow,
          "0 or more, below 1");
    }

    public static Codes defaults() {
      return new Codes(512, 8, 0.25, 0.99, 0.02);
    }
  }

  /**
   * The reconstruction's loss, on colours in [-1, 1].
   *
   * @param absolute weight of the mean absolute error
   * @param squared weight of the mean squared error
   */
  public record Losses(double absolute, double squared) implements Serializable {
    public Losses {
      Expected.that(absolute >= 0, "absolute", absolute, "0 or more");
      Expected.that(squared >= 0, "squared", squared, "0 or more");
      Expected.that(absolute + squared > 0, "absolute", absolute, "above 0 where squared is 0");
    }

    public static Losses defaults() {
      return new Losses(1, 0.5);
    }
  }

  /**
   * The discriminator.
   *
   * @param channels features of its first layer
   * @param layers layers that halve the size
   * @param weight of its loss for the generator, beside the adaptive weight
   * @param startImages images after which it takes part; 0 or less leaves it out
   * @param optimizer of the discriminator
   * @param form its plan
   */
  public record Adversary(
      int channels,
      int layers,
      double weight,
      long startImages,
      OptimizerRecipe optimizer,
      Form form)
      implements Serializable {

    /** In the compact form. */
    public Adversary(
        int channels, int layers, double weight, long startImages, OptimizerRecipe optimizer) {
      this(channels, layers, weight, startImages, optimizer, Form.COMPACT);
    }

    public Adversary {
      Expected.that(channels >= 4, "channels", channels, "4 or more");
      Expected.that(layers >= 1, "layers", layers, "1 or more");
      Expected.that(weight >= 0, "weight", weight, "0 or more");
    }

    public static Adversary defaults() {
      return new Adversary(
          32, 2, 0.1, 20_000, new OptimizerRecipe(new AdamW(0.5, 0.9, 1e-8), 2e-4).with(2_000, 0));
    }

    boolean takesPart() {
      return startImages > 0 && weight > 0;
    }
  }
}
