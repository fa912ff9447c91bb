package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Networks as users bring them, here written by our own export. */
final class ScriptModuleTest {

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /** The file of a network of pictures {@code [2, 3, 4, 4]} with one weight vector inside. */
  private static byte[] file(Function<Tensor, Tensor[]> network) throws IOException {
    Trace trace = new Trace("network", Precision.FP32);
    Tensor scale = trace.input("scale", DType.FLOAT32, Shape.of(3, 1, 1));
    Tensor pictures = trace.input("pictures", DType.FLOAT32, Shape.of(2, 3, 4, 4));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (NativeTensor values = runtime.zeros(DType.FLOAT32, Shape.of(3, 1, 1))) {
      values.set(1f, 2f, 3f);
      ScriptExport.write(
          out, trace.finish(network.apply(pictures.mul(scale))), Map.of("scale", values));
    }
    return out.toByteArray();
  }

  private static float[] run(byte[] file, int pictures, List<Boolean> flags) throws IOException {
    try (ScriptModule module = runtime.script(new ByteArrayInputStream(file), "net.pt");
        NativeTensor input = runtime.zeros(DType.FLOAT32, Shape.of(pictures, 3, 4, 4))) {
      float[] ones = new float[pictures * 48];
      Arrays.fill(ones, 1);
      input.set(ones);
      try (NativeTensor vectors = module.vectors(input, flags)) {
        assertThat(vectors.shape().dim(0)).isEqualTo(pictures);
        return vectors.toFloats();
      }
    }
  }

  @Test
  void weightsOfTheFileActAndTheBatchIsFree() throws IOException {
    byte[] pooled = file(x -> new Tensor[] {x.mean(2, 3)});
    // [n, 3, 1, 1] as pooled networks return it.
    assertThat(run(pooled, 5, List.of()))
        .containsExactly(new float[] {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, within(1e-6f));
  }

  @Test
  void whatIsNoVectorAPictureIsRefusedInOneSentence() throws IOException {
    byte[] maps = file(x -> new Tensor[] {x});
    assertThatThrownBy(() -> run(maps, 2, List.of()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "net.pt returns [2, 3, 4, 4] for 2 pictures (expected: [2, features]; pool it within"
                + " the network)");
    byte[] two = file(x -> new Tensor[] {x.mean(2, 3), x.mean(2)});
    assertThatThrownBy(() -> run(two, 2, List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("net.pt returns ")
        .hasMessageContaining("expected: one tensor");
    byte[] whole = file(x -> new Tensor[] {x.cast(DType.INT64).sum(2, 3)});
    assertThatThrownBy(() -> run(whole, 2, List.of()))
        .hasMessageContaining("floating-point features");
  }

  @Test
  void aWrongFileOrAFlagTooManyIsRefusedInOneSentence() throws IOException {
    assertThatThrownBy(() -> run(new byte[] {1, 2, 3}, 2, List.of()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("net.pt is no TorchScript file that libtorch")
        .message()
        .doesNotContain("\n");
    byte[] pooled = file(x -> new Tensor[] {x.mean(2, 3)});
    assertThatThrownBy(() -> run(pooled, 2, List.of(true)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("net.pt does not take ")
        .message()
        .doesNotContain("\n");
  }
}
