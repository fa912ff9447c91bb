package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A machine's processor.
 *
 * @param cores that the JVM may use
 * @param features those of the instruction set that libtorch has kernels for
 */
record CpuFacts(String model, int cores, List<String> features) implements Serializable {

  private static final List<String> TELLING =
      List.of("avx2", "fma", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16", "asimd", "sve");

  static CpuFacts probe() {
    return of(lines(Path.of("/proc/cpuinfo")), Runtime.getRuntime().availableProcessors());
  }

  static CpuFacts of(List<String> cpuinfo, int cores) {
    Set<String> flags =
        Set.copyOf(
            Arrays.asList(value(cpuinfo, "flags", value(cpuinfo, "Features", "")).split("\\s+"))
                .stream()
                .distinct()
                .toList());
    return new CpuFacts(
        value(cpuinfo, "model name", System.getProperty("os.arch")),
        cores,
        TELLING.stream().filter(flags::contains).toList());
  }

  String line() {
    return cores + " cores, " + model + " (" + String.join(" ", features) + ")";
  }

  private static String value(List<String> cpuinfo, String key, String otherwise) {
    return cpuinfo.stream()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(otherwise);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
