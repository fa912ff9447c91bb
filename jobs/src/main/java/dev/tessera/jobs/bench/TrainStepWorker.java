package dev.tessera.jobs.bench;

import com.sun.management.OperatingSystemMXBean;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * Ours in {@link TrainStepBench}: the real loop in a process of its own, which speaks the peer's
 * lines. Arguments: case, batch, threads, steps a turn. Commands: {@code run}, answered by the
 * seconds of each step; {@code cpu}, by the processor seconds so far; and {@code export FILE}, by
 * the number of parameters.
 */
final class TrainStepWorker implements AutoCloseable {

  private static final long SEED = 7;

  private final TrainStepCase subject;
  private final TorchRuntime runtime;
  private final Objective objective;
  private final RandomBatch batch;
  private final TrainingLoop loop;

  TrainStepWorker(TrainStepCase subject, int batchSize, int steps) {
    this.subject = subject;
    runtime = TorchRuntime.onCpu();
    objective = subject.objective(1, batchSize);
    batch = new RandomBatch(objective.columns(), TrainStepCase.CLASSES, SEED);
    long images = subject.firstImages() + (long) steps * batchSize;
    TrainingSchedule schedule = new TrainingSchedule(SEED, batchSize, 1, images, Long.MAX_VALUE);
    loop = new TrainingLoop(runtime, objective, schedule, new SingleProcess(), batch);
  }

  public static void main(String[] arguments) throws IOException {
    Libtorch.useThreads(Integer.parseInt(arguments[2]));
    TrainStepCase subject = TrainStepCase.valueOf(arguments[0]);
    int batch = Integer.parseInt(arguments[1]);
    int steps = Integer.parseInt(arguments[3]);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    try (TrainStepWorker worker = new TrainStepWorker(subject, batch, steps)) {
      for (String line; (line = in.readLine()) != null && !line.equals("quit"); ) {
        System.out.println(Json.MAPPER.writeValueAsString(worker.answer(line)));
      }
    }
  }

  private Object answer(String line) throws IOException {
    if (line.startsWith("export ")) {
      return export(Path.of(line.substring("export ".length())));
    }
    return line.equals("cpu") ? cpuSeconds() : turn();
  }

  private static double cpuSeconds() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }

  /** Trains the turn's steps; returns the seconds of each. */
  List<Double> turn() {
    loop.state().restore(loop.state().counters().at(subject.firstImages()));
    return StepReports.of(loop).stream().map(StepReport::seconds).toList();
  }

  /** Writes what the peer starts from and is compared with. */
  long export(Path file) throws IOException {
    try (StepSample sample = new StepSample(runtime, objective, loop.state(), batch)) {
      return sample.write(file, subject);
    }
  }

  @Override
  public void close() {
    loop.close();
    runtime.close();
  }
}
