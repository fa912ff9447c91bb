package dev.tessera.models.diffusion.sampler;

import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Optional;

/** A denoiser that another one guides. */
public final class Guided implements Denoiser, AutoCloseable {

  private final Denoiser model;
  private final Denoiser reference;
  private final Guidance guidance;
  private final LinearCombination combination;

  /** Of tensors of {@code shape}; both denoisers stay the caller's. */
  public Guided(
      TorchRuntime runtime, Shape shape, Denoiser model, Denoiser reference, Guidance guidance) {
    this.model = model;
    this.reference = reference;
    this.guidance = guidance;
    this.combination = new LinearCombination(runtime, shape, 2);
  }

  @Override
  public NativeTensor denoise(NativeTensor x, double sigma) {
    if (!guidance.guides(sigma)) {
      return model.denoise(x, sigma);
    }
    double w = guidance.weight();
    try (NativeTensor towards = model.denoise(x, sigma);
        NativeTensor from = reference.denoise(x, sigma)) {
      return combination.of(new double[] {w, 1 - w}, towards, from);
    }
  }

  @Override
  public Optional<Estimate> estimate(NativeTensor x, double sigma) {
    return model.estimate(x, sigma).map(told -> guided(told, x, sigma));
  }

  /** The variance stays the model's. */
  private Estimate guided(Estimate told, NativeTensor x, double sigma) {
    if (!guidance.guides(sigma)) {
      return told;
    }
    double w = guidance.weight();
    try (NativeTensor towards = told.clean();
        NativeTensor from = reference.denoise(x, sigma)) {
      return new Estimate(combination.of(new double[] {w, 1 - w}, towards, from), told.fraction());
    }
  }

  @Override
  public void close() {
    combination.close();
  }
}
