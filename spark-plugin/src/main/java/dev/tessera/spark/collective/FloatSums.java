package dev.tessera.spark.collective;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses this process's sum, once, at the first reduction: by then libtorch is loaded. */
final class FloatSums {

  private static final Logger LOG = LoggerFactory.getLogger(FloatSums.class);

  private FloatSums() {}

  static FloatSum chosen() {
    return Chosen.SUM;
  }

  private static FloatSum choose() {
    FloatSum sum = BlasSum.ofLoadedLibtorch().orElseGet(BufferSum::new);
    LOG.info(
        "Collective sums run {}",
        sum instanceof BlasSum
            ? "in libtorch's BLAS"
            : "in Java, several times slower: libtorch is not loaded or shows no cblas_saxpy");
    return sum;
  }

  private static final class Chosen {
    private static final FloatSum SUM = choose();
  }
}
