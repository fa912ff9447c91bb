package dev.tessera.models.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import dev.tessera.models.UserException;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A TorchScript network of somebody else's with its weights inside, as {@code torch.jit.save}
 * writes it: pictures in, one vector a picture out. Nothing of it is differentiated.
 */
public final class ScriptModule implements AutoCloseable {

  private final TorchRuntime runtime;
  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final String name;

  ScriptModule(TorchRuntime runtime, PtNDManager manager, PtSymbolBlock block, String name) {
    this.runtime = runtime;
    this.manager = manager;
    this.block = block;
    this.name = name;
  }

  /**
   * Calls {@code forward(pictures, flags...)}.
   *
   * @param pictures {@code [n, ...]}
   * @param flags further arguments, such as {@code return_features}
   * @return float32 {@code [n, d]}, owned by the caller; sizes of 1 behind the second are dropped
   * @throws UserException if the network refuses the arguments or returns something else
   */
  public NativeTensor vectors(NativeTensor pictures, List<Boolean> flags) {
    runtime.checkThread();
    // As in Executable: thread-local, and on, the third call would have other bits.
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(false);
    List<IValue> arguments = new ArrayList<>();
    try {
      arguments.add(IValue.from(pictures.array()));
      flags.forEach(flag -> arguments.add(IValue.from(flag)));
      try (IValue returned = forward(arguments, pictures)) {
        return vectors(returned, pictures.shape().dim(0));
      }
    } finally {
      arguments.forEach(IValue::close);
    }
  }

  private IValue forward(List<IValue> arguments, NativeTensor pictures) {
    try {
      return IValueUtils.forward(block, arguments.toArray(IValue[]::new));
    } catch (RuntimeException e) {
      if (runtime.onGpu() && DeviceMemory.isExhausted(e)) {
        throw runtime.told(e, name);
      }
      throw new UserException(
          name
              + " does not take "
              + pictures.type()
              + (arguments.size() > 1 ? " and " + (arguments.size() - 1) + " flags" : "")
              + ": "
              + reason(e),
          e);
    }
  }

  /** libtorch's last line says what was wrong; those before it are the trace within the file. */
  private static String reason(RuntimeException e) {
    String message = String.valueOf(e.getMessage());
    return message
        .lines()
        .map(String::strip)
        .filter(line -> line.matches("(\\w*Error|RuntimeError|forward\\(\\)|Expected).*"))
        .reduce((first, second) -> second)
        .or(() -> message.lines().findFirst())
        .orElse("");
  }

  private NativeTensor vectors(IValue returned, long pictures) {
    if (!returned.isTensor()) {
      throw new UserException(
          name
              + " returns "
              + returned.getType()
              + " (expected: one tensor [pictures, features]; wrap it so that forward returns that)");
    }
    try (PtNDArray array = returned.toTensor(manager)) {
      long[] sizes = array.getShape().getShape();
      boolean vectors = sizes.length >= 2 && sizes[0] == pictures && sizes[1] >= 1;
      if (!vectors || Arrays.stream(sizes).skip(2).anyMatch(size -> size != 1)) {
        throw new UserException(
            name
                + " returns "
                + Arrays.toString(sizes)
                + " for "
                + pictures
                + " pictures (expected: ["
                + pictures
                + ", features]; pool it within the network)");
      }
      if (!array.getDataType().isFloating()) {
        throw new UserException(
            name + " returns " + array.getDataType() + " (expected: floating-point features)");
      }
      try (NDArray flat = array.reshape(sizes[0], sizes[1])) {
        // A copy in any case: the network may return a view of what it keeps.
        NDArray copy = flat.toType(DataType.FLOAT32, true);
        return runtime.adopt(
            copy, new TensorType(DType.FLOAT32, Shape.of(sizes[0], sizes[1])), null);
      }
    }
  }

  @Override
  public void close() {
    runtime.checkThread();
    if (!runtime.lost()) {
      block.close();
    }
  }
}
