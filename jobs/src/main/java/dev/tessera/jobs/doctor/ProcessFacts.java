package dev.tessera.jobs.doctor;

import dev.tessera.jobs.run.Exhaustion;
import dev.tessera.jobs.run.Preflight;
import dev.tessera.spark.settings.Float32Environment;
import dev.tessera.spark.settings.RuntimeProperties;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.SparkEnv;

/**
 * What one JVM of the application found about itself and its machine.
 *
 * @param role {@code driver} or {@code executor ID}
 * @param gpus one line each
 * @param float32 what this process makes of float32 on a GPU
 * @param properties one sentence for each property of the process that would spoil a run
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
    String float32,
    NcclFacts nccl,
    RoomFacts room,
    List<String> properties,
    List<PathFacts> files)
    implements Serializable {

  /** The role of the process that runs no ranks. */
  static final String DRIVER = "driver";

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
        Float32Environment.describe(System.getenv()),
        NcclFacts.probe(),
        RoomFacts.probe(SparkEnv.get().conf()),
        properties(role),
        files);
  }

  private static List<String> properties(String role) {
    List<String> problems = new ArrayList<>(RuntimeProperties.problems());
    Exhaustion.ofDescriptors().ifPresent(problems::add);
    Preflight.ofHostName().ifPresent(problems::add);
    if (!role.equals(DRIVER)) {
      boolean tf32 = TesseraSettings.from(SparkEnv.get().conf()).tf32();
      problems.addAll(Float32Environment.problems(System.getenv(), tf32));
    }
    return problems;
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
    if (!gpus.isEmpty()) {
      lines.add("  float32   " + float32 + ", on a GPU");
    }
    lines.add("  nccl      " + nccl.line());
    lines.add("  room      " + room.line());
    room.diskLines().forEach(line -> lines.add("  disk      " + line));
    files.forEach(path -> lines.add("  path      " + path.line()));
    return lines;
  }
}
