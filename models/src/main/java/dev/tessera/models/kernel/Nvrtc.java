package dev.tessera.models.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.jna.Function;
import com.sun.jna.Memory;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import com.sun.jna.StringArray;
import com.sun.jna.ptr.PointerByReference;
import dev.tessera.models.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** CUDA's run-time compiler. The functions used here have been the same since CUDA 11.1. */
final class Nvrtc {

  private static final String NAME = "libnvrtc.so";

  private final NativeLibrary library;

  private Nvrtc(NativeLibrary library) {
    this.library = library;
  }

  /**
   * Loads the compiler that libtorch was built with.
   *
   * @param libtorch the folder of its libraries: the compiler lies there, or where Python's
   *     packages of CUDA lie beside it, or where the loader finds it
   * @throws UserException if there is none
   */
  static Nvrtc open(Path libtorch) {
    List<String> places = new ArrayList<>();
    compilers(libtorch).forEach(path -> places.add(path.toString()));
    Path packages = libtorch.resolve("../../nvidia").normalize();
    children(packages).forEach(p -> compilers(p.resolve("lib")).forEach(c -> places.add("" + c)));
    places.addAll(List.of(NAME + ".13", NAME + ".12", NAME));
    StringBuilder reasons = new StringBuilder();
    for (String place : places) {
      try {
        return new Nvrtc(NativeLibrary.getInstance(place));
      } catch (UnsatisfiedLinkError e) {
        reasons.append(reasons.isEmpty() ? "" : "; ").append(e.getMessage());
      }
    }
    throw new UserException(
        "CUDA's run-time compiler cannot be loaded ("
            + reasons
            + "): put the folder of libnvrtc into LD_LIBRARY_PATH.");
  }

  /** Libraries such as {@code libnvrtc.so.13} or {@code libnvrtc-1a2b3c.so.12}. */
  private static List<Path> compilers(Path folder) {
    return children(folder).stream()
        .filter(path -> path.getFileName().toString().matches("libnvrtc(-[0-9a-f]+)?\\.so\\.1\\d"))
        .toList();
  }

  private static List<Path> children(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    } catch (IOException e) {
      // A folder that cannot be read holds no compiler for this process.
      return List.of();
    }
  }

  /**
   * Machine code of a source.
   *
   * @throws IllegalStateException with the compiler's log, if the source is wrong
   */
  byte[] compile(String name, String source, List<String> options) {
    PointerByReference made = new PointerByReference();
    check("nvrtcCreateProgram", made, source, name, 0, Pointer.NULL, Pointer.NULL);
    Pointer program = made.getValue();
    try {
      Object[] arguments = {
        program, options.size(), new StringArray(options.toArray(String[]::new))
      };
      if (function("nvrtcCompileProgram").invokeInt(arguments) != 0) {
        String log = text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog");
        throw new IllegalStateException(name + " cannot be compiled with " + options + ":\n" + log);
      }
      return bytes(program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN");
    } finally {
      check("nvrtcDestroyProgram", made);
    }
  }

  private String text(Pointer program, String size, String content) {
    byte[] log = bytes(program, size, content);
    return new String(log, 0, Math.max(0, log.length - 1), UTF_8);
  }

  private byte[] bytes(Pointer program, String size, String content) {
    long[] length = new long[1];
    check(size, program, length);
    try (Memory memory = new Memory(Math.max(1, length[0]))) {
      check(content, program, memory);
      return memory.getByteArray(0, Math.toIntExact(length[0]));
    }
  }

  private Function function(String name) {
    return library.getFunction(name);
  }

  private void check(String name, Object... arguments) {
    int code = function(name).invokeInt(arguments);
    if (code != 0) {
      String reason = function("nvrtcGetErrorString").invokeString(new Object[] {code}, false);
      throw new IllegalStateException(name + " failed: " + reason + " (" + code + ")");
    }
  }
}
