package dev.tessera.jobs.doctor;

import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process's room, in bytes.
 *
 * @param memoryAvailable of the machine, -1 where it does not say
 * @param heap the JVM's largest; tensors live outside it
 * @param diskFree in {@code folder}, where caches of a run are written
 */
record RoomFacts(long memoryAvailable, long heap, String folder, long diskFree)
    implements Serializable {

  /** Below this a rank's cache and libtorch's extraction are at risk. */
  private static final long LEAST_DISK = 1L << 30;

  private static final long LEAST_MEMORY = 1L << 30;

  static RoomFacts probe() {
    String folder = System.getProperty("java.io.tmpdir");
    return new RoomFacts(
        availableNow(),
        Runtime.getRuntime().maxMemory(),
        folder,
        new File(folder).getUsableSpace());
  }

  /** A sentence when there is too little, otherwise empty. */
  String problem() {
    if (diskFree < LEAST_DISK) {
      return "only "
          + mib(diskFree)
          + " free in "
          + folder
          + ": free some, or move it with spark.local.dir and -Djava.io.tmpdir";
    }
    if (memoryAvailable >= 0 && memoryAvailable < LEAST_MEMORY) {
      return "only " + mib(memoryAvailable) + " of memory available";
    }
    return "";
  }

  String line() {
    return (memoryAvailable < 0 ? "unknown" : mib(memoryAvailable))
        + " memory available, heap at most "
        + mib(heap)
        + ", "
        + mib(diskFree)
        + " free in "
        + folder;
  }

  private static String mib(long bytes) {
    return (bytes >> 20) + " MiB";
  }

  private static long availableNow() {
    try {
      return Files.readAllLines(Path.of("/proc/meminfo")).stream()
          .filter(line -> line.startsWith("MemAvailable:"))
          .map(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
          .findFirst()
          .orElse(-1L);
    } catch (IOException e) {
      return -1;
    }
  }
}
