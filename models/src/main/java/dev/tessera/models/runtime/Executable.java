package dev.tessera.models.runtime;

import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.TensorType;
import dev.tessera.models.kernel.Operators;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A loaded program. */
public final class Executable implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Program program;
  private final PtSymbolBlock block;
  private boolean verified;
  private boolean closed;

  Executable(TorchRuntime runtime, Program program, PtSymbolBlock block) {
    this.runtime = runtime;
    this.program = program;
    this.block = block;
  }

  public Program program() {
    return program;
  }

  /**
   * Runs the program once.
   *
   * @throws IllegalArgumentException if an argument is not of the declared type and shape
   * @throws IllegalStateException naming the program, if libtorch fails
   */
  public Results run(NativeTensor... arguments) {
    return run(List.of(arguments));
  }

  /** As {@link #run(NativeTensor...)}. */
  public Results run(List<NativeTensor> arguments) {
    runtime.checkThread();
    if (closed) {
      throw new IllegalStateException("program " + program.name() + " is used after it was closed");
    }
    check(arguments);
    NDList list = new NDList(arguments.size());
    arguments.forEach(argument -> list.add(argument.array()));
    // DJL's property acts in its own blocks' forward alone, which is not called here; the switch
    // is thread-local. On, the first two calls of a program profile it and the third has other
    // bits.
    JniUtils.setGraphExecutorOptimize(false);
    // Grad mode is thread-local, off where the engine was started; inference mode would forbid
    // gradients of what a program returns.
    JniUtils.setGradMode(true);
    Results results = adopt(forward(list), memoryOf(arguments));
    if (!verified) {
      verify(results);
      verified = true;
    }
    return results;
  }

  private NDList forward(NDList list) {
    NDList results;
    try {
      results = IValueUtils.forward(block, list, true);
    } catch (RuntimeException e) {
      // What libtorch says of a program that computed on without an operator's results is noise.
      RuntimeException failure = Operators.takeFailure();
      throw runtime.told(failure == null ? e : failure, "program " + program.name());
    }
    RuntimeException failure = Operators.takeFailure();
    if (failure != null) {
      results.close();
      throw runtime.told(failure, "program " + program.name());
    }
    return results;
  }

  private Results adopt(NDList list, Object memory) {
    if (list.size() != program.outputs().size()) {
      int returned = list.size();
      list.close();
      throw new IllegalStateException(
          "program "
              + program.name()
              + " returned "
              + returned
              + " results (expected: "
              + program.outputs().size()
              + ")");
    }
    List<NativeTensor> tensors = new ArrayList<>(list.size());
    for (int i = 0; i < list.size(); i++) {
      tensors.add(runtime.adopt(list.get(i), program.outputs().get(i), memory));
    }
    return new Results(tensors);
  }

  /** Memory of Java's that results may lie in, when the program returns a buffer it changes. */
  private static Object memoryOf(List<NativeTensor> arguments) {
    List<Object> memory = new ArrayList<>(0);
    for (NativeTensor argument : arguments) {
      if (argument.keptAlive() != null) {
        memory.add(argument.keptAlive());
      }
    }
    return memory.isEmpty() ? null : memory;
  }

  /** Holds the shape rules to what libtorch returns; once, since programs are static. */
  private void verify(Results results) {
    for (int i = 0; i < program.outputs().size(); i++) {
      TensorType declared = program.outputs().get(i);
      PtNDArray array = results.get(i).array();
      if (!Arrays.equals(array.getShape().getShape(), declared.shape().toArray())
          || array.getDataType() != TorchRuntime.dataType(declared.dtype())) {
        String actual = array.getDataType() + " " + array.getShape();
        results.close();
        throw new IllegalStateException(
            "program "
                + program.name()
                + " returned "
                + actual
                + " as output "
                + i
                + " (expected: "
                + declared
                + ")");
      }
    }
  }

  private void check(List<NativeTensor> arguments) {
    List<Program.Input> inputs = program.inputs();
    if (arguments.size() != inputs.size()) {
      throw new IllegalArgumentException(
          "program "
              + program.name()
              + ": "
              + arguments.size()
              + " arguments (expected: "
              + inputs.size()
              + ")");
    }
    for (int i = 0; i < inputs.size(); i++) {
      if (!arguments.get(i).type().equals(inputs.get(i).type())) {
        throw new IllegalArgumentException(
            "program "
                + program.name()
                + ", "
                + inputs.get(i).name()
                + ": "
                + arguments.get(i).type()
                + " (expected: "
                + inputs.get(i).type()
                + ")");
      }
    }
  }

  @Override
  public void close() {
    runtime.checkThread();
    closed = true;
    if (!runtime.lost()) {
      block.close();
    }
  }
}
