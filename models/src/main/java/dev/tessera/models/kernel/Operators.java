package dev.tessera.models.kernel;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Our operators in libtorch's table. An exception must not cross native frames: it is kept, and
 * whoever runs the program asks for it afterwards.
 */
public final class Operators {

  /** Programs call {@code ops.tessera.NAME}. */
  private static final String NAMESPACE = "tessera";

  private static final List<Operator> ALL =
      List.of(
          new NormModulate(),
          new NormModulateBackward(),
          new AddNormModulate(),
          new AddNormModulateBackward(),
          new AddBias(),
          new AddBiasBackward(),
          new BiasGelu(),
          new BiasGeluBackward(),
          new GroupNormSilu(),
          new GroupNormSiluBackward(),
          new ScaledSum(),
          new AdamWEma());

  /** What libtorch calls, reachable as long as the process lives. */
  private static final List<TensorLibrary.Boxed> BODIES = new ArrayList<>();

  private static final ThreadLocal<RuntimeException> FAILURE = new ThreadLocal<>();

  private Operators() {}

  /**
   * Defines all operators in the process's libtorch; does nothing after the first time.
   *
   * @param folder of libtorch's libraries
   * @param cuda whether it was built with CUDA
   */
  public static synchronized void register(TensorLibrary library, Path folder, boolean cuda) {
    if (!BODIES.isEmpty()) {
      return;
    }
    long definitions = library.fragment(NAMESPACE);
    ALL.forEach(operator -> library.define(definitions, operator.schema().text()));
    implement(library, "CPU", Operator::onHost);
    if (cuda) {
      OpenedGpus gpus = new OpenedGpus(folder);
      implement(library, "CUDA", (operator, call) -> operator.onGpu(call, gpus.of(call.device())));
    }
  }

  /** How an operator is computed on one kind of device. */
  private interface Backend {
    List<Operand> compute(Operator operator, Call call);
  }

  private static void implement(TensorLibrary library, String dispatchKey, Backend backend) {
    long implementations = library.implementations(NAMESPACE, dispatchKey);
    for (Operator operator : ALL) {
      TensorLibrary.Boxed body =
          (stack, arguments, results) -> run(library, operator, backend, stack, results);
      BODIES.add(body);
      library.implement(implementations, operator.schema().name(), body);
    }
  }

  /** What an operator threw in the calling thread since this was asked last, or null. */
  public static RuntimeException takeFailure() {
    RuntimeException failure = FAILURE.get();
    FAILURE.remove();
    return failure;
  }

  private static void run(
      TensorLibrary library, Operator operator, Backend backend, Pointer stack, long results) {
    try (Call call = new Call(library, operator.schema(), stack)) {
      // After a failure the rest of the program computes with nothing.
      if (FAILURE.get() == null) {
        call.give(stack, backend.compute(operator, call));
        return;
      }
    } catch (Throwable e) {
      FAILURE.set(
          new IllegalStateException("ops.tessera." + operator.schema().name() + ": " + told(e), e));
    }
    for (int i = 0; i < results; i++) {
      long nothing =
          library.empty(new long[] {0}, new long[] {1}, Element.FLOAT32.scalarType(), 0, 0);
      stack.setLong((long) i * Native.POINTER_SIZE, nothing);
    }
  }

  private static String told(Throwable e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
