package dev.tessera.models.vqgan;

import dev.tessera.models.graph.Tensor;

/**
 * Latents at their nearest codes.
 *
 * @param index of the nearest code, int64 {@code [n]}
 * @param straight the codes {@code [n, width]}, whose gradient passes straight to the latents
 * @param commitment mean squared distance, which pulls the latents to their codes
 */
record Quantized(Tensor index, Tensor straight, Tensor commitment) {

  /** {@code z [n, width], codes [K, width]}; the codes receive no gradient. */
  static Quantized of(Tensor z, Tensor codes) {
    Tensor index = Codebook.nearest(z.detach(), codes);
    Tensor nearest = codes.embedding(index);
    return new Quantized(index, z.add(nearest.sub(z).detach()), z.sub(nearest).square().meanAll());
  }
}
