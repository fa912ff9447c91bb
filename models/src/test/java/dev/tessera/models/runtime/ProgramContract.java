package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.TensorType;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What holds for every program: it is a function of its inputs, bit for bit, except that it changes
 * those that its signature marks. A fixture for the tests of all packages that trace programs.
 */
public final class ProgramContract {

  private ProgramContract() {}

  /**
   * Verifies a program on drawn arguments: floats between 0.5 and 1.5, integers 0 or 1, truth
   * values at random.
   */
  public static void verify(TorchRuntime runtime, Program program, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<NativeTensor> arguments = new ArrayList<>();
    try {
      for (Program.Input input : program.inputs()) {
        arguments.add(drawn(runtime, input.type(), random));
      }
      verify(runtime, program, arguments);
    } finally {
      arguments.forEach(NativeTensor::close);
    }
  }

  /**
   * Runs a program four times from the same state of its inputs. Fails if results or changed inputs
   * differ in a bit, if an input that is not marked changed, or if one that is marked did not. The
   * arguments are afterwards as one run leaves them.
   */
  public static void verify(TorchRuntime runtime, Program program, List<NativeTensor> arguments) {
    List<byte[]> before = bytes(arguments);
    try (Executable executable = runtime.load(program)) {
      List<byte[]> first = run(executable, arguments);
      List<byte[]> after = bytes(arguments);
      for (int i = 0; i < arguments.size(); i++) {
        Program.Input input = program.inputs().get(i);
        if (input.mutated()) {
          assertThat(after.get(i))
              .as("%s of %s is marked as changed", input.name(), program.name())
              .isNotEqualTo(before.get(i));
        } else {
          assertThat(after.get(i))
              .as("%s of %s is not marked as changed", input.name(), program.name())
              .isEqualTo(before.get(i));
        }
      }
      // An optimizing executor would change a program after its second call.
      for (int call = 2; call <= 4; call++) {
        repeat(executable, arguments, before, first, after, call);
      }
    }
  }

  private static void repeat(
      Executable executable,
      List<NativeTensor> arguments,
      List<byte[]> before,
      List<byte[]> results,
      List<byte[]> after,
      int call) {
    Program program = executable.program();
    for (int i = 0; i < arguments.size(); i++) {
      arguments.get(i).memory().put(before.get(i));
    }
    List<byte[]> again = run(executable, arguments);
    for (int i = 0; i < results.size(); i++) {
      assertThat(again.get(i))
          .as("result %d of %s in call %d", i, program.name(), call)
          .isEqualTo(results.get(i));
    }
    List<byte[]> changed = bytes(arguments);
    for (int i = 0; i < changed.size(); i++) {
      assertThat(changed.get(i))
          .as("%s of %s after call %d", program.inputs().get(i).name(), program.name(), call)
          .isEqualTo(after.get(i));
    }
  }

  private static List<byte[]> run(Executable executable, List<NativeTensor> arguments) {
    try (Results results = executable.run(arguments)) {
      List<NativeTensor> tensors = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        tensors.add(results.get(i));
      }
      return bytes(tensors);
    }
  }

  private static List<byte[]> bytes(List<NativeTensor> tensors) {
    return tensors.stream()
        .map(
            tensor -> {
              ByteBuffer memory = tensor.memory();
              byte[] copy = new byte[memory.remaining()];
              memory.get(copy);
              return copy;
            })
        .toList();
  }

  private static NativeTensor drawn(
      TorchRuntime runtime, TensorType type, SplittableRandom random) {
    NativeTensor tensor = runtime.zeros(type.dtype(), type.shape());
    ByteBuffer memory = tensor.memory();
    while (memory.hasRemaining()) {
      switch (type.dtype()) {
        case FLOAT32 -> memory.putFloat((float) random.nextDouble(0.5, 1.5));
        case FLOAT64 -> memory.putDouble(random.nextDouble(0.5, 1.5));
        case INT64 -> memory.putLong(random.nextInt(2));
        case INT32 -> memory.putInt(random.nextInt(2));
        case UINT8, BOOL -> memory.put((byte) random.nextInt(2));
        // 1.0 plus a fraction, in half precision.
        case FLOAT16 -> memory.putShort((short) (0x3C00 | random.nextInt(512)));
        case BFLOAT16 -> throw new IllegalArgumentException("type: " + DType.BFLOAT16);
      }
    }
    return tensor;
  }
}
