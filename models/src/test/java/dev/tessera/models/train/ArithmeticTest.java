package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Arithmetic;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process makes of float32, and who may train in it. */
final class ArithmeticTest {

  private static final String SETTING = "spark.some.setting";

  @Test
  void theCpuComputesInFloat32() {
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      assertThat(Arithmetic.measure(runtime)).isEqualTo(new Arithmetic(false, false));
    }
  }

  @Test
  void aGpuComputesAsTheEnvironmentSays() {
    TorchRuntime runtime = null;
    try {
      runtime = TorchRuntime.onGpu(0);
    } catch (UserException e) {
      abort("needs a GPU: " + e.getMessage());
    }
    boolean forbidden = "0".equals(System.getenv("NVIDIA_TF32_OVERRIDE"));
    boolean products = "1".equals(System.getenv("TORCH_ALLOW_TF32_CUBLAS_OVERRIDE"));
    try (TorchRuntime gpu = runtime) {
      assertThat(Arithmetic.measure(gpu))
          .isEqualTo(new Arithmetic(!forbidden && products, !forbidden));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FP32, true, true, tf32, false",
    "FP32, false, true, fp32 in matrix products and tf32 in convolutions, false",
    "TF32, false, false, fp32, true",
    "TF32, false, true, fp32 in matrix products and tf32 in convolutions, true",
    "TF32, true, false, tf32 in matrix products and fp32 in convolutions, true"
  })
  void aRunThatAsksForTheOtherIsRefused(
      TrainingPrecision precision,
      boolean products,
      boolean convolutions,
      String words,
      boolean wanted) {
    assertThatThrownBy(
            () -> precision.require("rank 3", new Arithmetic(products, convolutions), SETTING))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "schedule.precision: "
                + precision.name().toLowerCase(Locale.ROOT)
                + " and rank 3 computes "
                + words
                + ": set --conf spark.some.setting="
                + wanted
                + " (with local[n] the driver's own environment decides), or change"
                + " schedule.precision.");
  }

  @ParameterizedTest
  @EnumSource(TrainingPrecision.class)
  void aRunIsTakenByItsOwnArithmetic(TrainingPrecision precision) {
    boolean tf32 = precision == TrainingPrecision.TF32;
    assertThatCode(() -> precision.require("rank 3", new Arithmetic(tf32, tf32), SETTING))
        .doesNotThrowAnyException();
    if (precision.bits() == 16) {
      assertThatCode(() -> precision.require("rank 3", new Arithmetic(true, true), SETTING))
          .doesNotThrowAnyException();
    }
  }
}
