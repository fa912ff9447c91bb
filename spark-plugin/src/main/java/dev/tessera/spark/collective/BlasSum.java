package dev.tessera.spark.collective;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import java.util.Optional;

/**
 * The sum by {@code cblas_saxpy} of the BLAS inside the libtorch that this process has loaded.
 *
 * <p>{@code 1 * x + y} rounds once whether or not it is fused, so it is exactly the addition. The
 * call runs on the rank's own thread.
 */
final class BlasSum implements FloatSum {

  private static final String LIBRARY = "libtorch_cpu.so";

  private BlasSum() {}

  /** Empty if this process has no libtorch loaded, or one without a BLAS interface. */
  static Optional<FloatSum> ofLoadedLibtorch() {
    return LoadedLibrary.path(LIBRARY).flatMap(BlasSum::bind);
  }

  private static Optional<FloatSum> bind(String library) {
    try {
      Native.register(BlasSum.class, NativeLibrary.getInstance(library));
      return Optional.of(new BlasSum());
    } catch (UnsatisfiedLinkError e) {
      return Optional.empty(); // the sum in Java serves
    }
  }

  @Override
  public void add(long from, long into, int count) {
    cblas_saxpy(count, 1f, from, 1, into, 1);
  }

  @SuppressWarnings("checkstyle:MethodName") // the symbol's name
  private static native void cblas_saxpy(
      int count, float scale, long x, int strideX, long y, int strideY);
}
