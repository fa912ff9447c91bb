package dev.tessera.jobs.chain;

/** Models so small that a step takes milliseconds, in eight shards; 50 steps each. */
final class Recipes {

  /** The discriminator starts half-way. */
  static final String VQGAN =
      """
      type: tokenizer
      name: vqgan
      model:
        network: {patch: 2, channels: 8, multipliers: [1, 2], blocks: 1, attention: true}
        codes: {count: 32, width: 4, restart-below: 0.1}
        adversary:
          channels: 8
          layers: 1
          start-images: 400
          optimizer: {learning-rate: 2e-4, warmup-images: 0}
        optimizer: {learning-rate: 2e-3, warmup-images: 0}
      schedule: {seed: 3, batch: 16, shards: 8, images: 800, checkpoint-images: 320}
      preview: {pictures: 8, measured: 40}
      ranks: {count: 2, allreduce: tree}
      """;

  /** Gradients are not clipped, so that the first moment after one step shows them. */
  static final String DIT =
      """
      type: diffusion
      name: dit
      model:
        backbone: {type: dit, patch: 1, width: 32, depth: 2, heads: 2}
        class-conditional: true
        optimizer: {learning-rate: 2e-3, warmup-images: 0, clip-norm: 0}
        ema: {half-life-images: 200}
      schedule: {seed: 5, batch: 16, shards: 8, images: 800, checkpoint-images: 400}
      sampling: {steps: 4, batch: 6}
      ranks: {count: 2, allreduce: tree}
      """;

  /** Unconditional, on pixels; 6 steps. */
  static final String UNET =
      """
      type: diffusion
      name: unet
      model:
        backbone: {type: unet, channels: 8, multipliers: [1, 2], blocks: 1, heads: 2}
        class-conditional: false
        flip: true
        optimizer: {learning-rate: 1e-3, warmup-images: 50}
        ema: {half-life-images: 200}
      schedule: {seed: 7, batch: 16, shards: 8, images: 96, checkpoint-images: 64}
      sampling: {steps: 4, batch: 6}
      ranks: {count: 2, allreduce: tree}
      """;

  private Recipes() {}
}
