package dev.tessera.models.kernel;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Machine code of our kernels, compiled once a process. */
final class Cubins {

  /** What all sources begin with. */
  private static final String ELEMENTS = "element.cuh";

  /** A source and what it is compiled with. */
  private record Key(String file, List<String> options) {}

  private final Nvrtc compiler;
  private final Map<Key, byte[]> compiled = new HashMap<>();

  Cubins(Nvrtc compiler) {
    this.compiler = compiler;
  }

  /**
   * The machine code of a file for one kind of GPU.
   *
   * @param capability 90 for 9.0
   * @param definitions such as {@code WIDTH=768}
   */
  synchronized byte[] of(String file, int capability, List<String> definitions) {
    List<String> options = new ArrayList<>();
    options.add("--gpu-architecture=sm_" + capability);
    options.add("--std=c++17");
    definitions.forEach(definition -> options.add("-D" + definition));
    return compiled.computeIfAbsent(
        new Key(file, options), key -> compiler.compile(file, source(file), options));
  }

  private static String source(String file) {
    return resource(ELEMENTS) + "\n#line 1 \"" + file + "\"\n" + resource(file);
  }

  private static String resource(String name) {
    try (InputStream in = Cubins.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is missing beside " + Cubins.class.getName());
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
