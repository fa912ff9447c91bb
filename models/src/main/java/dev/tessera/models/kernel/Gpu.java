package dev.tessera.models.kernel;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One GPU with the kernels that are loaded on it. */
final class Gpu {

  private record Key(String file, String kernel, List<String> definitions) {}

  private final CudaDriver driver;
  private final Cubins cubins;
  private final int capability;
  private final int multiprocessors;
  private final int sharedBytes;
  private final Map<Key, Kernel> kernels = new HashMap<>();
  private final Map<List<Object>, Long> modules = new HashMap<>();

  Gpu(CudaDriver driver, Cubins cubins, int device) {
    this.driver = driver;
    this.cubins = cubins;
    this.capability =
        10 * driver.attribute(CudaDriver.MAJOR, device)
            + driver.attribute(CudaDriver.MINOR, device);
    this.multiprocessors = driver.attribute(CudaDriver.MULTIPROCESSORS, device);
    this.sharedBytes = driver.attribute(CudaDriver.SHARED_BY_REQUEST, device);
  }

  int multiprocessors() {
    return multiprocessors;
  }

  /** Greatest shared memory of a block. */
  int sharedBytes() {
    return sharedBytes;
  }

  /**
   * A kernel of a file, compiled and loaded at its first use: before a step is captured, since the
   * steps before call the same.
   */
  synchronized Kernel kernel(String file, String kernel, List<String> definitions) {
    return kernels.computeIfAbsent(
        new Key(file, kernel, definitions),
        key -> {
          long module =
              modules.computeIfAbsent(
                  List.of(file, definitions),
                  m -> driver.load(cubins.of(file, capability, definitions)));
          return new Kernel(driver, driver.function(module, kernel));
        });
  }
}
