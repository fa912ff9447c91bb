package dev.tessera.models.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * What decides how a process rounds. Kernels are chosen by the instructions or the GPU at hand, and
 * a sum's order by the number of threads: two processes of unlike platforms may make numbers that
 * differ in their last bits of the same input.
 *
 * @param processor the GPU's name, or the CPU's with its instruction set
 * @param threads of one operation on a CPU; 0 on a GPU
 */
public record Platform(String libtorch, String processor, int threads) {

  /** Limits libtorch's kernels to an instruction set, such as {@code avx2}. */
  private static final String CAPABILITY = "ATEN_CPU_CAPABILITY";

  /** Of the process that {@code runtime} belongs to. */
  public static Platform of(TorchRuntime runtime) {
    String libtorch = Libtorch.load().version();
    return runtime.onGpu()
        ? new Platform(libtorch, runtime.gpuVersions().name(), 0)
        : new Platform(libtorch, cpu(), Libtorch.threads());
  }

  private static String cpu() {
    List<String> info;
    try {
      info = Files.readAllLines(Path.of("/proc/cpuinfo"));
    } catch (IOException e) {
      info = List.of();
    }
    return System.getProperty("os.arch")
        + first(info, "model name")
        + first(info, "flags")
        + first(info, "Features")
        + System.getenv().getOrDefault(CAPABILITY, "");
  }

  private static String first(List<String> info, String key) {
    return info.stream().filter(line -> line.startsWith(key)).findFirst().orElse("");
  }

  /** Equal for equal platforms; of unlike ones almost never. */
  public int fingerprint() {
    CRC32C sum = new CRC32C();
    sum.update(toString().getBytes(StandardCharsets.UTF_8));
    return (int) sum.getValue();
  }
}
