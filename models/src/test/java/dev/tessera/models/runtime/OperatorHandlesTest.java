package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.graph.TensorType;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Handles that programs hand to our operators and get from them, by libtorch's own counts. */
final class OperatorHandlesTest {

  private static final Shape PICTURES = Shape.of(1, 4, 3, 2);

  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  /**
   * Handles to the tensor: a handle's memory is the address of an object that begins with its table
   * of virtual functions and 32 bits of its count.
   */
  private static int holders(NativeTensor tensor) {
    return new Pointer(tensor.array().getHandle()).getPointer(0).getInt(Long.BYTES);
  }

  private static Program program(int results, String... lines) {
    TensorType type = new TensorType(DType.FLOAT64, PICTURES);
    return new Program(
        "calls",
        List.of(new Program.Input("x", type, false)),
        Collections.nCopies(results, type),
        "    " + String.join("\n    ", lines) + "\n",
        0);
  }

  @Test
  void aFurtherHandleIsSeen() {
    Path file = Libtorch.load().folder().resolve(System.mapLibraryName("torch_cpu"));
    NativeLibrary library = NativeLibrary.getInstance(file.toString());
    try (NativeTensor x = runtime.zeros(DType.FLOAT64, PICTURES)) {
      assertThat(holders(x)).isEqualTo(1);
      PointerByReference further = new PointerByReference();
      Object[] arguments = {new Pointer(x.array().getHandle()), further};
      assertThat(library.getFunction("aoti_torch_new_tensor_handle").invokeInt(arguments)).isZero();
      assertThat(holders(x)).isEqualTo(2);
      Libtorch.load().api().delete(Pointer.nativeValue(further.getValue()));
      assertThat(holders(x)).isEqualTo(1);
    }
  }

  @Test
  void callsLeaveNothingBehind() {
    Program program =
        program(
            2,
            "y = ops.tessera.scaled_sum(x, x, 2.)",
            "z = ops.tessera.scaled_sum(y, x, 2.)",
            "return [y, z]");
    try (Executable executable = runtime.load(program);
        NativeTensor x = runtime.zeros(DType.FLOAT64, PICTURES)) {
      for (int i = 0; i < 3; i++) {
        try (Results results = executable.run(x)) {
          assertThat(holders(x)).as("argument").isEqualTo(1);
          assertThat(holders(results.get(0))).as("result that is an argument too").isEqualTo(1);
          assertThat(holders(results.get(1))).as("result").isEqualTo(1);
        }
      }
    }
  }

  @Test
  void callsThatFailLeaveNothingBehind() {
    Program program =
        program(
            1,
            "w = torch.select(torch.reshape(x, [6, 4]), 0, 0)",
            "none = torch.narrow(w, 0, 0, 0)",
            "c = torch.contiguous(x, memory_format=2)",
            "y, mean, rstd, = ops.tessera.group_norm_silu(c, none, w, w, none, 3, 1e-05, True, 0.,"
                + " 0)",
            "z = ops.tessera.scaled_sum(y, x, 2.)",
            "return [z]");
    try (Executable executable = runtime.load(program);
        NativeTensor x = runtime.zeros(DType.FLOAT64, PICTURES)) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> executable.run(x)).hasMessageContaining("groups: 3");
        assertThat(holders(x)).isEqualTo(1);
      }
    }
  }
}
