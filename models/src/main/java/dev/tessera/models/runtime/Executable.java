package dev.tessera.models.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.TensorType;
import java.util.ArrayList;
import java.util.List;

/** A loaded program. */
public final class Executable implements AutoCloseable {

  private final TorchRuntime runtime;
  private final Program program;
  private final PtSymbolBlock block;

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
   */
  public Results run(NativeTensor... arguments) {
    return run(List.of(arguments));
  }

  /** As {@link #run(NativeTensor...)}. */
  public Results run(List<NativeTensor> arguments) {
    runtime.checkThread();
    check(arguments);
    NDList list = new NDList(arguments.size());
    arguments.forEach(argument -> list.add(argument.array()));
    // Grad mode is thread-local, off where the engine was started; inference mode would forbid
    // gradients of what a program returns.
    JniUtils.setGradMode(true);
    NDList results = IValueUtils.forward(block, list, true);
    List<NativeTensor> tensors = new ArrayList<>(results.size());
    for (int i = 0; i < results.size(); i++) {
      tensors.add(adopt(results.get(i), program.outputs().get(i)));
    }
    return new Results(tensors);
  }

  private NativeTensor adopt(NDArray array, TensorType declared) {
    return runtime.adopt(array, declared);
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
    block.close();
  }
}
