package dev.tessera.jobs.doctor;

import dev.tessera.spark.settings.RuntimeProperties;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkEnv;

/**
 * What one JVM of the application found about itself and its machine.
 *
 * @param role {@code driver} or {@code executor ID}
 * @param gpus one line each
 * @param properties one sentence for each system property that would spoil a run
 * @param files what became of each path asked for
 */
record ProcessFacts(
    String role,
    String host,
    long pid,
    String jvm,
    LibtorchFacts libtorch,
    CpuFacts cpu,
    List<String> gpus,
    NcclFacts nccl,
    RoomFacts room,
    List<String> properties,
    List<PathFacts> files)
    implements Serializable {

  /** Looks at this process; loads libtorch. */
  static ProcessFacts probe(String role, String host, List<PathFacts> files) {
    return new ProcessFacts(
        role,
        host,
        ProcessHandle.current().pid(),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.version"),
        LibtorchFacts.probe(),
        CpuFacts.probe(),
        GpuFacts.probe(),
        NcclFacts.probe(),
        RoomFacts.probe(SparkEnv.get().conf()),
        RuntimeProperties.problems(),
        files);
  }

  /** What would stop or spoil a run here. */
  List<String> obstacles() {
    List<String> obstacles = new ArrayList<>(properties);
    obstacles.add(libtorch.problem());
    obstacles.addAll(room.problems());
    files.forEach(path -> obstacles.add(path.problem()));
    return obstacles.stream()
        .filter(obstacle -> !obstacle.isEmpty())
        .map(obstacle -> role + " on " + host + ": " + obstacle)
        .toList();
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(role + " on " + host + " (pid " + pid + ")");
    lines.add("  jvm       " + jvm);
    lines.add("  libtorch  " + libtorch.line());
    lines.add("  cpu       " + cpu.line());
    lines.add("  gpu       " + (gpus.isEmpty() ? "none" : String.join("; ", gpus)));
    lines.add("  nccl      " + nccl.line());
    lines.add("  room      " + room.line());
    files.forEach(path -> lines.add("  path      " + path.line()));
    return lines;
  }
}
