package dev.tessera.jobs.bench;

import dev.tessera.models.nn.BackboneRecipe;
import java.util.List;

/**
 * What {@code bench sampler} measures.
 *
 * @param backbone the network, with fresh weights
 * @param channels of what is drawn, latents
 * @param side its height and width
 * @param batch drawn at a time
 * @param steps of every sampler
 * @param rounds turns, of which the median counts
 * @param output file of the results, JSON; the printed lines stand beside it
 */
public record SamplerBenchRecipe(
    BackboneRecipe backbone,
    int channels,
    int side,
    int batch,
    int steps,
    int rounds,
    String output) {

  public SamplerBenchRecipe {
    require("channels", channels);
    require("side", side);
    require("batch", batch);
    require("steps", steps);
    require("rounds", rounds);
  }

  private static void require(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 or more)");
    }
  }

  /** The network of the Fashion-MNIST recipes. */
  public static SamplerBenchRecipe defaults() {
    return new SamplerBenchRecipe(
        new BackboneRecipe.Unet(64, List.of(1, 2, 2), 2, 4),
        3,
        32,
        16,
        6,
        3,
        "runs/bench/sampler.json");
  }
}
