package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.fused.ScaledSum;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Derivatives through operators of our own, at which autograd's graph is cut. */
final class TapeTest {

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

  /**
   * With {@code h = 2 w}, {@code y = (h + c)} by our operator, and {@code loss = sum(y^2) +
   * sum(h^2)}: the derivative by h counts both ways, and that by w goes through h.
   */
  @Test
  void aTargetBetweenTwoOthersPassesOnWhatItGets() {
    Scope root = Scope.group("net");
    Parameter w = root.vector("w", Shape.of(3), new Initializer.Normal(1));
    Layout layout = root.layout();
    Trace trace = new Trace("between", Precision.FP32, Target.GPU);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(3));
    Tensor c = trace.input("c", DType.FLOAT32, Shape.of(3));
    List<Tensor> inner = new ArrayList<>();
    Tensor whole =
        trace.gradient(
            layout,
            flat,
            Segmentation.WHOLE,
            () -> {
              Tensor h = trace.weight(w).mul(2);
              Tensor y = new ScaledSum(1).apply(h, c);
              Tensor loss = y.square().sumAll().add(h.square().sumAll());
              inner.addAll(
                  trace.grad(List.of(loss), List.of(h, trace.weight(w)), List.of(), false, true));
              return loss;
            });
    float[] weights = {1, -2, 0.5f};
    float[] others = {3, 0.25f, -1};
    try (Executable program = runtime.load(trace.finish(whole, inner.get(0), inner.get(1)));
        NativeTensor a = runtime.zeros(DType.FLOAT32, Shape.of(3));
        NativeTensor b = runtime.zeros(DType.FLOAT32, Shape.of(3))) {
      a.set(weights);
      b.set(others);
      try (Results results = program.run(a, b)) {
        for (int i = 0; i < 3; i++) {
          float h = 2 * weights[i];
          float byH = 2 * (h + others[i]) + 2 * h;
          assertThat(results.get(1).toFloats()[i]).isCloseTo(byH, within(1e-5f));
          assertThat(results.get(2).toFloats()[i]).isCloseTo(2 * byH, within(1e-5f));
          assertThat(results.get(0).toFloats()[i]).isCloseTo(2 * byH, within(1e-5f));
        }
      }
    }
  }

  /** Of pictures of 4 x 4 pooled by 2: each of four pixels has half of what its mean is due. */
  @Test
  void aMeanOfPixelsPassesOnItsShare() {
    Scope root = Scope.group("net");
    Parameter w = root.vector("w", Shape.of(1, 1, 4, 4), new Initializer.Normal(1));
    Trace trace = new Trace("pool", Precision.FP32, Target.GPU);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(16));
    Tensor gradient =
        trace.gradient(
            root.layout(),
            flat,
            Segmentation.WHOLE,
            () -> trace.weight(w).avgPool(2).square().sumAll());
    float[] weights = new float[16];
    for (int i = 0; i < 16; i++) {
      weights[i] = (i * 7 % 16) / 4f - 2;
    }
    try (Executable program = runtime.load(trace.finish(gradient));
        NativeTensor a = runtime.zeros(DType.FLOAT32, Shape.of(16))) {
      a.set(weights);
      try (Results results = program.run(a)) {
        for (int i = 0; i < 16; i++) {
          int corner = i / 8 * 8 + i % 4 / 2 * 2;
          float mean =
              (weights[corner] + weights[corner + 1] + weights[corner + 4] + weights[corner + 5])
                  / 4;
          assertThat(results.get(0).toFloats()[i]).isCloseTo(mean / 2, within(1e-6f));
        }
      }
    }
  }
}
