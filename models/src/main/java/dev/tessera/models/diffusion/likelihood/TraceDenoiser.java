package dev.tessera.models.diffusion.likelihood;

import dev.tessera.models.runtime.NativeTensor;

/** A denoiser D that also tells the trace of its Jacobian, exactly or by an unbiased estimate. */
@FunctionalInterface
public interface TraceDenoiser {

  /**
   * Both at one noise level.
   *
   * @param x float64 {@code [N, ...]}; x0 plus noise of standard deviation {@code sigma}
   * @return owned by the caller
   */
  Denoised denoise(NativeTensor x, double sigma);

  /**
   * What a denoiser says.
   *
   * @param clean D, float64 of the shape of x
   * @param trace of dD/dx of each picture, float64 {@code [N]}
   */
  record Denoised(NativeTensor clean, NativeTensor trace) implements AutoCloseable {
    @Override
    public void close() {
      clean.close();
      trace.close();
    }
  }
}
