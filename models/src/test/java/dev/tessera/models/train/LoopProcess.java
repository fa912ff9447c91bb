package dev.tessera.models.train;

import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** The real loop on one rank and one thread, in a process of its own. */
final class LoopProcess {

  /**
   * Bytes of resident memory.
   *
   * @param resident after each step
   * @param peak of the process
   */
  record Memory(List<Long> resident, long peak) {

    /**
     * The median of resident memory after the steps of a part of the run: what the loop holds, not
     * what the JVM's compilers borrow for a moment.
     */
    long typical(double from, double to) {
      int size = resident.size();
      List<Long> part =
          resident.subList((int) (from * size), (int) (to * size)).stream().sorted().toList();
      return part.get(part.size() / 2);
    }
  }

  private LoopProcess() {}

  static Memory run(DemoObjectives family, int steps, int batch, int shards, String... options)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-D" + Libtorch.GRAPH_OPTIMIZER + "=false");
    command.addAll(Arrays.asList(options));
    // Surefire's and failsafe's own class path is a jar with a manifest.
    String tests = System.getProperty("surefire.test.class.path");
    command.add("-cp");
    command.add(tests != null ? tests : System.getProperty("java.class.path"));
    command.add(LoopProcess.class.getName());
    command.addAll(
        List.of(
            family.name(),
            Integer.toString(steps),
            Integer.toString(batch),
            Integer.toString(shards)));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IllegalStateException(output);
    }
    String last = output.strip().lines().reduce((first, second) -> second).orElseThrow();
    List<Long> numbers = Pattern.compile(" ").splitAsStream(last).map(Long::valueOf).toList();
    return new Memory(numbers.subList(1, numbers.size()), numbers.get(0));
  }

  public static void main(String[] arguments) {
    int batch = Integer.parseInt(arguments[2]);
    int shards = Integer.parseInt(arguments[3]);
    long images = (long) batch * Integer.parseInt(arguments[1]);
    Objective objective = DemoObjectives.valueOf(arguments[0]).of(shards, batch / shards);
    TrainingSchedule schedule = new TrainingSchedule(1, batch, shards, images, images);
    List<Long> resident = new ArrayList<>();
    Libtorch.useThreads(1);
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        TrainingLoop loop =
            new TrainingLoop(
                runtime, objective, schedule, new SingleProcess(), DemoObjectives::fill)) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              // Holes that the allocator keeps between blocks come and go; what the loop holds
              // stays.
              Libtorch.giveBackMemory();
              resident.add(ProcessMemory.resident().orElseThrow());
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
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
