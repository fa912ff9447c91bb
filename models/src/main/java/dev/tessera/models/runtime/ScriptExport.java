package dev.tessera.models.runtime;

import dev.tessera.models.graph.Program;
import dev.tessera.models.graph.archive.Archive;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a program with its parameters inside as one TorchScript file, which {@code
 * torch.jit.load}, DJL's {@code Criteria} and every libtorch open without our code.
 */
public final class ScriptExport {

  private ScriptExport() {}

  /**
   * Writes the file; the stream stays open. The first dimension of the arguments that remain is
   * open as far as the program names no size of its own there.
   *
   * @param constants values of the arguments that the file holds, by argument name
   * @throws IllegalArgumentException if a constant is no argument of the program, is of another
   *     type, or the program changes an argument in place
   */
  public static void write(OutputStream out, Program program, Map<String, NativeTensor> constants)
      throws IOException {
    Map<String, ByteBuffer> elements = new LinkedHashMap<>();
    for (var constant : constants.entrySet()) {
      NativeTensor tensor = constant.getValue();
      for (Program.Input input : program.inputs()) {
        if (input.name().equals(constant.getKey()) && !input.type().equals(tensor.type())) {
          throw new IllegalArgumentException(
              "constants: "
                  + tensor.type()
                  + " as "
                  + input.name()
                  + " (expected: "
                  + input.type()
                  + ")");
        }
      }
      elements.put(constant.getKey(), tensor.memory());
    }
    Archive.export(out, program, elements);
  }
}
