package dev.tessera.models.runtime;

import java.util.OptionalDouble;

/**
 * One GPU in numbers.
 *
 * @param capability compute capability, 90 for 9.0
 * @param multiprocessors number of streaming multiprocessors
 * @param hertz their greatest clock
 * @param freeBytes of its memory now
 * @param totalBytes of its memory
 */
public record GpuFacts(
    int capability, int multiprocessors, double hertz, long freeBytes, long totalBytes) {

  private static final int CLOCK_KILOHERTZ = 13;
  private static final int MULTIPROCESSORS = 16;
  private static final int MAJOR = 75;
  private static final int MINOR = 76;

  static GpuFacts of(Cudart cudart, int device) {
    long[] memory = cudart.memory();
    return new GpuFacts(
        10 * cudart.attribute(MAJOR, device) + cudart.attribute(MINOR, device),
        cudart.attribute(MULTIPROCESSORS, device),
        1e3 * cudart.attribute(CLOCK_KILOHERTZ, device),
        memory[0],
        memory[1]);
  }

  /**
   * Floating-point operations a second of dense matrix products, by the vendor's numbers per
   * multiprocessor and clock (NVIDIA A100 and H100 architecture papers); empty for other chips.
   *
   * @param bits of an operand: 16, 19 for tf32, 32
   */
  public OptionalDouble peakFlops(int bits) {
    int perClock =
        switch (capability) {
          case 80 -> bits == 16 ? 2048 : bits == 19 ? 1024 : 128;
          case 90 -> bits == 16 ? 4096 : bits == 19 ? 2048 : 256;
          default -> 0;
        };
    return perClock == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(perClock * multiprocessors * hertz);
  }
}
