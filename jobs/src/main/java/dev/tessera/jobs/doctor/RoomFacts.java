package dev.tessera.jobs.doctor;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
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
    return (memoryAvailable < 0 ? "unknown" : mib(memoryAvailable))
        + " memory available, heap at most "
        + mib(heap)
        + ", "
        + disks.stream().map(DiskFacts::line).collect(Collectors.joining(", "));
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
