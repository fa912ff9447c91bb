package dev.tessera.models.kernel;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;

/** A kernel loaded on a GPU. */
final class Kernel {

  /** Most arguments of a kernel. */
  private static final int ARGUMENTS = 32;

  private static final int WORD = Native.POINTER_SIZE;

  private final CudaDriver driver;
  private final long function;

  /** The arguments' words, then the address of each: the driver copies them at the launch. */
  private final Memory parameters = new Memory(2L * ARGUMENTS * WORD);

  private int allowedShared;

  Kernel(CudaDriver driver, long function) {
    this.driver = driver;
    this.function = function;
    long words = Pointer.nativeValue(parameters);
    for (int i = 0; i < ARGUMENTS; i++) {
      parameters.setLong((long) (ARGUMENTS + i) * WORD, words + (long) i * WORD);
    }
  }

  /**
   * Gives a launch to a stream.
   *
   * @param arguments in the kernel's order: an operand for a pointer, or a number of the
   *     parameter's type
   */
  synchronized void launch(long stream, Geometry geometry, Object... arguments) {
    for (int i = 0; i < arguments.length; i++) {
      put((long) i * WORD, arguments[i]);
    }
    if (geometry.sharedBytes() > allowedShared) {
      driver.allowShared(function, geometry.sharedBytes());
      allowedShared = geometry.sharedBytes();
    }
    driver.launch(function, geometry, stream, parameters.share((long) ARGUMENTS * WORD));
  }

  private void put(long at, Object argument) {
    if (argument instanceof Operand operand) {
      parameters.setLong(at, operand.address());
    } else if (argument instanceof Long number) {
      parameters.setLong(at, number);
    } else if (argument instanceof Integer number) {
      parameters.setInt(at, number);
    } else if (argument instanceof Float number) {
      parameters.setFloat(at, number);
    } else if (argument instanceof Double number) {
      parameters.setDouble(at, number);
    } else {
      throw new IllegalArgumentException("argument: " + argument + " (expected: operand, number)");
    }
  }
}
