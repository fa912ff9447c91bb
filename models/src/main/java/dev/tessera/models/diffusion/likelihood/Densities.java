package dev.tessera.models.diffusion.likelihood;

/** From the numbers that a data set stores to a model's, and densities back. */
public final class Densities {

  private Densities() {}

  /**
   * Bits a dimension of a density of model units, told for stored ones: {@code -ln p / (d ln 2) +
   * log2(stored units in one of the model's)}. For eight-bit pixels that is the information of
   * their values (Theis et al. 2016), and with their range of two model units cut in 256 the offset
   * is 7; ours reach from -1 at 0 to 1 at 255, so that it is {@code log2 127.5}.
   */
  public static double bitsPerDimension(double nats, int dimensions, double units) {
    return -nats / (dimensions * Math.log(2)) + Math.log(units) / Math.log(2);
  }
}
