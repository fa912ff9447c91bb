package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.FusedAdamW;
import dev.tessera.models.graph.Precision;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.Tensor;
import dev.tessera.models.graph.Trace;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Updates in place: what the trace marks is what changes, however the buffer is reached. */
final class ProgramContractTest {

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

  @Test
  void everyUpdateInPlaceChangesItsBufferThoughNoResultIsReturned() {
    Trace trace = new Trace("updates", Precision.FP32);
    Tensor[] buffers = new Tensor[6];
    for (int i = 0; i < buffers.length; i++) {
      buffers[i] = trace.input("b" + i, DType.FLOAT32, Shape.of(33));
    }
    Tensor source = trace.input("source", DType.FLOAT32, Shape.of(33));
    Tensor scalar = trace.scalar("scalar", DType.FLOAT32);
    buffers[0].copyFrom(source.exp());
    buffers[1].lerpTo(source, scalar);
    buffers[2].addInPlace(source, -0.25);
    new FusedAdamW(0.9, 0.99, 1e-8, 0.1)
        .apply(
            new FusedAdamW.Operands(
                buffers[3], source, buffers[4], buffers[5], scalar, scalar, null, null));
    Program program = trace.finish(source.sumAll());
    assertThat(program.inputs().stream().map(Program.Input::mutated))
        .containsExactly(true, true, true, true, true, true, false, false);
    ProgramContract.verify(runtime, program, 1);
  }

  @Test
  void anUpdateOfAViewChangesTheBufferBehindIt() {
    Trace trace = new Trace("views", Precision.FP32);
    Tensor a = trace.input("a", DType.FLOAT32, Shape.of(12));
    Tensor b = trace.input("b", DType.FLOAT32, Shape.of(3, 4));
    Tensor c = trace.input("c", DType.FLOAT32, Shape.of(4, 3));
    Tensor source = trace.input("source", DType.FLOAT32, Shape.of(3, 4));
    a.narrow(0, 4, 8).reshape(2, 4).copyFrom(source.narrow(0, 0, 2));
    b.narrow(1, 1, 2).addInPlace(source.narrow(1, 0, 2), 1);
    c.permute(1, 0).copyFrom(source);
    ProgramContract.verify(runtime, trace.finish(source.sumAll(), b), 2);
  }

  @Test
  void anUpdateThatWouldReachOnlyACopyIsRefused() {
    Trace trace = new Trace("copies", Precision.BF16);
    Tensor a = trace.input("a", DType.FLOAT32, Shape.of(3, 4));
    Tensor source = a.exp();
    assertThatThrownBy(() -> a.permute(1, 0).reshape(12).copyFrom(source.reshape(12)))
        .hasMessageContaining("is changed in place (expected: an argument or a view of one)");
    Tensor cast = a.cast(DType.BFLOAT16);
    assertThatThrownBy(() -> trace.at("norm", () -> cast.copyFrom(cast.neg())))
        .hasMessageStartingWith("norm: ");
    assertThatThrownBy(() -> source.addInPlace(a, 1)).hasMessageContaining("in place");
  }

  @Test
  void aBufferDoesNotHoldOnToTheGraphOfItsNewValue() {
    Trace trace = new Trace("statistics", Precision.FP32);
    Tensor flat = trace.input("flat", DType.FLOAT32, Shape.of(8));
    Tensor mean = trace.input("mean", DType.FLOAT32, Shape.of(8));
    Tensor leaf = flat.leaf();
    Tensor y = leaf.square();
    mean.addInPlace(y, 0.5);
    Program program =
        trace.finish(
            trace.grad(List.of(y.sumAll()), List.of(leaf), List.of(), false, false).get(0), y);
    try (Executable executable = runtime.load(program);
        NativeTensor f = runtime.zeros(DType.FLOAT32, Shape.of(8));
        NativeTensor m = runtime.zeros(DType.FLOAT32, Shape.of(8))) {
      f.set(1f, 2, 3, 4, 5, 6, 7, 8);
      for (int i = 0; i < 3; i++) {
        try (Results results = executable.run(f, m)) {
          assertThat(results.get(0).array().hasGradient()).isFalse();
          assertThat(results.get(1).array().hasGradient()).isFalse();
        }
        assertThat(m.array().hasGradient()).isFalse();
      }
      assertThat(m.toFloats()[2]).isEqualTo(13.5f);
    }
    ProgramContract.verify(runtime, program, 3);
  }

  @Test
  void resultsLieRowMajorInMemoryOfTheirOwn() {
    Trace trace = new Trace("results", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(2, 3));
    Program program =
        trace.finish(
            x.permute(1, 0), x, x.narrow(1, 1, 1), x.narrow(0, 0, 1).expand(Shape.of(2, 3)));
    try (Executable executable = runtime.load(program);
        NativeTensor argument = runtime.zeros(DType.FLOAT32, Shape.of(2, 3))) {
      argument.set(1f, 2, 3, 4, 5, 6);
      try (Results results = executable.run(argument)) {
        argument.set(0f, 0, 0, 0, 0, 0);
        assertThat(results.get(0).toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
        assertThat(results.get(1).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(results.get(2).toFloats()).containsExactly(2, 5);
        assertThat(results.get(3).toFloats()).containsExactly(1, 2, 3, 1, 2, 3);
      }
    }
    ProgramContract.verify(runtime, program, 4);
  }

  @Test
  void theFixtureFailsWhereASignatureIsWrong() {
    Trace trace = new Trace("wrong", Precision.FP32);
    Tensor x = trace.input("x", DType.FLOAT32, Shape.of(3));
    Program program = trace.finish(x.addInPlace(x.exp(), 1));
    Program silent =
        new Program(
            "wrong",
            List.of(new Program.Input("x", program.inputs().get(0).type(), false)),
            program.outputs(),
            program.text(),
            0);
    assertThatThrownBy(() -> ProgramContract.verify(runtime, silent, 5))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("x of wrong is not marked as changed");
    Trace idle = new Trace("idle", Precision.FP32);
    Tensor y = idle.input("x", DType.FLOAT32, Shape.of(3));
    Program marked = idle.finish(y.addInPlace(y, 0));
    assertThatThrownBy(() -> ProgramContract.verify(runtime, marked, 6))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("x of idle is marked as changed");
  }
}
