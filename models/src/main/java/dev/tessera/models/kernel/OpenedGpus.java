package dev.tessera.models.kernel;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The process's GPUs; the driver and the compiler are opened when a kernel is first needed. */
final class OpenedGpus {

  private final Path libtorch;
  private final Map<Integer, Gpu> opened = new HashMap<>();
  private CudaDriver driver;
  private Cubins cubins;

  OpenedGpus(Path libtorch) {
    this.libtorch = libtorch;
  }

  synchronized Gpu of(int device) {
    if (driver == null) {
      cubins = new Cubins(Nvrtc.open(libtorch));
      driver = new CudaDriver();
    }
    return opened.computeIfAbsent(device, d -> new Gpu(driver, cubins, d));
  }
}
