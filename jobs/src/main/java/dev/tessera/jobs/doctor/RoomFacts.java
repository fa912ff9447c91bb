package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.SparkConf;

/**
 * A process's room, in bytes.
 *
 * @param memoryAvailable of the machine, -1 where it does not say
 * @param heap the JVM's largest; tensors live outside it
 * @param disks of the folders that a run writes to
 */
record RoomFacts(long memoryAvailable, long heap, List<DiskFacts> disks) implements Serializable {

  private static final long LEAST_MEMORY = 1L << 30;

  static RoomFacts probe(SparkConf conf) {
    return new RoomFacts(availableNow(), Runtime.getRuntime().maxMemory(), DiskFacts.probe(conf));
  }

  /** A sentence for each thing there is too little of. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    disks.forEach(disk -> problems.add(disk.problem()));
    if (memoryAvailable >= 0 && memoryAvailable < LEAST_MEMORY) {
      problems.add("only " + mib(memoryAvailable) + " of memory available");
    }
    return problems.stream().filter(problem -> !problem.isEmpty()).toList();
  }

  String line() {
    return (memoryAvailable < 0 ? "unknown" : DiskFacts.gib(memoryAvailable))
        + " of memory available, heap at most "
        + DiskFacts.gib(heap);
  }

  /** One for each folder, with all that is written there. */
  List<String> diskLines() {
    Map<String, Set<String>> written = new LinkedHashMap<>();
    Map<String, Long> free = new HashMap<>();
    for (DiskFacts disk : disks) {
      written.computeIfAbsent(disk.folder(), folder -> new LinkedHashSet<>()).add(disk.what());
      free.merge(disk.folder(), disk.free(), Math::min);
    }
    return written.entrySet().stream()
        .map(
            e ->
                DiskFacts.gib(free.get(e.getKey()))
                    + " free in "
                    + e.getKey()
                    + " ("
                    + String.join(", ", e.getValue())
                    + ")")
        .toList();
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
