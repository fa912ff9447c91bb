package dev.tessera.models.train;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The real loop as one rank and on one thread, in a process of its own. */
final class LoopProcess {

  /**
   * What it runs.
   *
   * @param ranks of which it is the first
   */
  record Work(SizedObjective objective, int steps, int batch, int shards, int ranks) {

    static Work parse(String[] words) {
      return new Work(
          SizedObjective.valueOf(words[0]),
          Integer.parseInt(words[1]),
          Integer.parseInt(words[2]),
          Integer.parseInt(words[3]),
          Integer.parseInt(words[4]));
    }

    List<String> words() {
      return List.of(
          objective.name(),
          Integer.toString(steps),
          Integer.toString(batch),
          Integer.toString(shards),
          Integer.toString(ranks));
    }

    /** Its checkpoints come right after the loop has tidied its memory. */
    TrainingSchedule schedule() {
      return new TrainingSchedule(
          1, batch, shards, (long) batch * steps, (long) batch * TrainingLoop.TIDY_STEPS);
    }
  }

  /**
   * Bytes of resident memory.
   *
   * @param tidied each time that the loop itself has given memory back
   * @param peak of the process
   */
  record Memory(List<Long> tidied, long peak) {

    /** The median over a part of the run: what the loop holds, not what a moment borrows. */
    long typical(double from, double to) {
      int size = tidied.size();
      List<Long> part =
          tidied.subList((int) (from * size), (int) (to * size)).stream().sorted().toList();
      return part.get(part.size() / 2);
    }
  }

  private final Process process;

  private LoopProcess(Process process) {
    this.process = process;
  }

  static LoopProcess start(Work work, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-D" + Libtorch.GRAPH_OPTIMIZER + "=false");
    command.addAll(Arrays.asList(options));
    // Surefire's and failsafe's own class path is a jar with a manifest.
    String tests = System.getProperty("surefire.test.class.path");
    command.add("-cp");
    command.add(tests != null ? tests : System.getProperty("java.class.path"));
    command.add(LoopProcess.class.getName());
    command.addAll(work.words());
    return new LoopProcess(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** Waits for its end. */
  Memory finish() throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(output);
    }
    String last = output.strip().lines().reduce((first, second) -> second).orElseThrow();
    List<Long> numbers = Pattern.compile(" ").splitAsStream(last).map(Long::valueOf).toList();
    return new Memory(numbers.subList(1, numbers.size()), numbers.get(0));
  }

  public static void main(String[] arguments) {
    Work work = Work.parse(arguments);
    Objective objective = work.objective().of(work.shards(), work.batch() / work.shards());
    List<Long> resident = new ArrayList<>();
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime,
                objective,
                work.schedule(),
                new FirstRank(work.ranks()),
                SizedObjective::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {}

            @Override
            public void onCheckpoint(TrainingState state) {
              // The run's last checkpoint need not follow a tidying.
              if (state.step() % TrainingLoop.TIDY_STEPS == 0) {
                resident.add(ProcessMemory.resident().orElseThrow());
              }
            }
          });
    }
    StringBuilder line = new StringBuilder();
    line.append(ProcessMemory.peak().orElseThrow());
    resident.forEach(bytes -> line.append(' ').append(bytes));
    System.out.println(line);
  }

  /** Whether this system tells what a process holds. */
  static boolean canBeMeasured() {
    return new File("/proc/self/status").exists();
  }
}
