package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What cuDNN takes for itself, against what was measured of single convolutions. */
final class ExactConvolutionTest {

  /**
   * One H100, cuDNN 9.19 of libtorch 2.11, November 2026: greatest MiB in use during a call beyond
   * operands and results, float32 without tf32, channels-last; backward the larger of the passes by
   * the pictures and by the weights.
   */
  @ParameterizedTest
  @CsvSource({
    "64, 256, 256, 32, 3, 130, 674",
    "64, 512, 256, 32, 3, 197, 1149",
    "64, 384, 128, 32, 3, 130, 606",
    "64, 128, 128, 32, 3, 65, 269",
    "64, 512, 256, 16, 3, 53, 801",
    "64, 512, 256, 8, 3, 17, 62",
    "64, 512, 256, 32, 1, 192, 192",
    "16, 256, 256, 32, 3, 34, 116",
    "16, 512, 256, 32, 3, 53, 179",
    "16, 384, 128, 32, 3, 34, 112",
    "16, 128, 128, 32, 3, 17, 55",
    "16, 512, 256, 16, 3, 17, 62",
  })
  void theWorkSpaceIsWhatWasMeasured(
      long pictures, long in, long out, long side, long kernel, double forward, double backward) {
    TensorType x = new TensorType(DType.FLOAT32, Shape.of(pictures, in, side, side));
    TensorType w = new TensorType(DType.FLOAT32, Shape.of(out, in, kernel, kernel));
    TensorType y = new TensorType(DType.FLOAT32, Shape.of(pictures, out, side, side));
    assertThat(mib(ExactConvolution.workSpace(x, w, y, false)))
        .isCloseTo(forward, within(1 + 0.02 * forward));
    assertThat(mib(ExactConvolution.workSpace(x, w, y, true)))
        .isCloseTo(backward, within(1 + 0.02 * backward));
  }

  private static double mib(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
