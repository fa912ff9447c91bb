package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ExecutableTest {

  @Test
  void aProgramComputesAGradientOfAGradient() {
    Trace trace = new Trace("cubic", Precision.FP64);
    Tensor x = trace.input("x", DType.FLOAT64, Shape.of(3)).leaf();
    Tensor first =
        trace.grad(List.of(x.pow(3).sumAll()), List.of(x), List.of(), true, false).get(0);
    Tensor second = trace.grad(List.of(first.sumAll()), List.of(x), List.of(), false, false).get(0);
    Program program = trace.finish(first, second);

    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program);
        NativeTensor input = runtime.zeros(DType.FLOAT64, Shape.of(3))) {
      input.set(1.0, 2.0, -3.0);
      try (Results results = executable.run(input)) {
        assertThat(results.get(0).toDoubles()).containsExactly(3, 12, 27);
        assertThat(results.get(1).toDoubles()).containsExactly(6, 12, -18);
      }
    }
  }

  @Test
  void randomNumbersFollowTheirLawAndTheirKey() {
    Trace trace = new Trace("random", Precision.FP32);
    Tensor key = trace.scalar("key", DType.INT64);
    trace.randomness(key);
    Program program = trace.finish(trace.normal(Shape.of(100_001)), trace.uniform(Shape.of(3, 5)));
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable executable = runtime.load(program);
        NativeTensor seven = runtime.scalar(7L);
        NativeTensor eight = runtime.scalar(8L);
        Results a = executable.run(seven);
        Results b = executable.run(seven);
        Results c = executable.run(eight)) {
      float[] values = a.get(0).toFloats();
      assertThat(values).isEqualTo(b.get(0).toFloats()).isNotEqualTo(c.get(0).toFloats());
      double mean = 0;
      double square = 0;
      double fourth = 0;
      for (float v : values) {
        mean += v / values.length;
        square += (double) v * v / values.length;
        fourth += Math.pow(v, 4) / values.length;
      }
      assertThat(mean).isBetween(-0.012, 0.012);
      assertThat(square).isBetween(0.98, 1.02);
      assertThat(fourth).isBetween(2.85, 3.15);
    }
  }
}
