package dev.tessera.models.graph;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds what operations say of their results' memory to libtorch: what lies in the memory of its
 * operand changes when that is written, and nothing else does.
 */
final class OperationViewsTest {

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

  /** Those whose first operand is seen where its argument lies, and that a tensor would make. */
  static Stream<OperationCase> cases() {
    return OperationCases.all().stream()
        .filter(c -> !(c.operation() instanceof Creation) && !(c.operation() instanceof Grad))
        .filter(c -> c.operands().get(0).type().dtype() == DType.FLOAT64)
        .filter(c -> !c.operation().equals(new Structure.Cast(DType.FLOAT64)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsWrittenToTheOperandShowsInViewsAlone(OperationCase operation) {
    Trace trace = new Trace("views", Precision.FP64);
    List<Tensor> inputs = new ArrayList<>();
    List<Tensor> views = new ArrayList<>();
    for (Operand operand : operation.operands()) {
      TensorType type = operand.argument();
      inputs.add(trace.input("a" + inputs.size(), type.dtype(), type.shape()));
    }
    for (int i = 0; i < inputs.size(); i++) {
      views.add(operation.operands().get(i).view(inputs.get(i)));
    }
    Tensor result = trace.applyAll(operation.operation(), views.toArray(Tensor[]::new)).get(0);
    View view = operation.operation().view();
    boolean changed = changes(trace.finish(result), result.name());
    if (view == View.NONE) {
      assertThat(changed).isFalse();
    }
    if (view == View.SAME || view == View.READ_ONLY || result.isView()) {
      assertThat(changed).isTrue();
    }
    assertThat(result.isView() && view == View.NONE).isFalse();
  }

  /** Whether a value is another once the first argument has been written to. */
  private static boolean changes(Program program, String value) {
    StringBuilder text = new StringBuilder(program.text());
    text.setLength(text.lastIndexOf("    return ["));
    text.append("    before = torch.clone(torch.detach(").append(value).append("))\n");
    text.append("    written = torch.add_(a0, 1)\n");
    text.append("    after = torch.clone(torch.detach(").append(value).append("))\n");
    text.append("    return [torch.to(torch.sum(torch.ne(before, after)), 6), written]\n");
    List<TensorType> outputs =
        List.of(new TensorType(DType.FLOAT32, Shape.of()), program.inputs().get(0).type());
    Program probe = new Program(program.name(), program.inputs(), outputs, text.toString(), 0);
    List<NativeTensor> arguments = new ArrayList<>();
    try (Executable executable = runtime.load(probe)) {
      for (Program.Input input : probe.inputs()) {
        NativeTensor argument = runtime.zeros(input.type().dtype(), input.type().shape());
        if (input.type().dtype() == DType.FLOAT64) {
          double[] ones = new double[Math.toIntExact(input.type().shape().size())];
          Arrays.fill(ones, 0.5);
          argument.set(ones);
        }
        arguments.add(argument);
      }
      try (Results results = executable.run(arguments)) {
        return results.get(0).toFloats()[0] > 0;
      }
    } finally {
      arguments.forEach(NativeTensor::close);
    }
  }
}
