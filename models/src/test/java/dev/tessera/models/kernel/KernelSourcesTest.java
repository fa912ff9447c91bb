package dev.tessera.models.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every variant of every kernel compiles, where CUDA's compiler is; no GPU is needed. */
final class KernelSourcesTest {

  private static final List<Integer> ELEMENTS = List.of(32, 16, 17);

  private static Cubins cubins;

  @BeforeAll
  static void open() {
    try {
      cubins = new Cubins(Nvrtc.open(Path.of("no-libtorch-here")));
    } catch (UserException e) {
      Assumptions.abort(e.getMessage());
    }
  }

  private static void compiles(String file, int capability, List<String> definitions) {
    byte[] code = cubins.of(file, capability, definitions);
    // ELF; compiled once.
    assertThat(code).startsWith(0x7f, 'E', 'L', 'F');
    assertThat(cubins.of(file, capability, definitions)).isSameAs(code);
  }

  private static List<String> with(int element, String... others) {
    List<String> definitions = new ArrayList<>(List.of("ELEMENT=" + element));
    definitions.addAll(List.of(others));
    return definitions;
  }

  @Test
  void pointwiseKernelsCompile() {
    for (int element : ELEMENTS) {
      compiles("bias_gelu.cu", 90, with(element, "VECTOR=1"));
      compiles("add_bias.cu", 90, with(element, "VECTOR=1"));
      compiles("add_bias.cu", 75, with(element, "VECTOR=0"));
      compiles("scaled_sum.cu", 90, with(element, "VECTOR=1"));
      // Conversions that older GPUs have no instruction for.
      compiles("scaled_sum.cu", 75, with(element, "VECTOR=0"));
      compiles("bias_gelu.cu", 75, with(element, "VECTOR=0"));
    }
    compiles("adamw_ema.cu", 90, with(32, "VECTOR=1"));
    compiles("column_sums.cu", 90, with(32, "VECTOR=0"));
  }

  @Test
  void tokenKernelsCompile() {
    for (int element : ELEMENTS) {
      compiles("token_norm.cu", 90, with(element, "VECTOR=1", "WIDTH=768", "GATED=1"));
      compiles("token_norm.cu", 90, with(element, "VECTOR=0", "WIDTH=1152", "GATED=0"));
    }
    compiles("token_norm.cu", 90, with(17, "VECTOR=1", "WIDTH=128", "GATED=0"));
    compiles("token_norm.cu", 90, with(17, "VECTOR=1", "WIDTH=2048", "GATED=1"));
  }

  @Test
  void channelKernelsCompile() {
    for (int element : ELEMENTS) {
      compiles(
          "channel_norm.cu", 90, with(element, "VECTOR=1", "SHIFTED=1", "SILU=1", "DROPOUT=1"));
      compiles(
          "channel_norm.cu", 90, with(element, "VECTOR=0", "SHIFTED=0", "SILU=0", "DROPOUT=0"));
    }
    compiles("channel_norm.cu", 90, with(17, "VECTOR=1", "SHIFTED=0", "SILU=1", "DROPOUT=0"));
  }

  @Test
  void aMistakeIsToldWithItsPlace() {
    assertThatThrownBy(() -> cubins.of("token_norm.cu", 90, List.of("ELEMENT=32", "VECTOR=1")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("token_norm.cu cannot be compiled with [--gpu-architecture=sm_90")
        .hasMessageContaining("token_norm.cu(")
        .hasMessageContaining("WIDTH");
  }
}
