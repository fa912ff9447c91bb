package dev.tessera.jobs.bench;

import dev.tessera.jobs.train.Ranks;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.runtime.Arithmetic;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.Objective;
import dev.tessera.models.train.ProcessMemory;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepCost;
import dev.tessera.models.train.StepPart;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.vqgan.Vqgan;
import dev.tessera.models.vqgan.VqganObjective;
import dev.tessera.spark.settings.Setting;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * One rank's training steps of a recipe on random data of given sizes.
 *
 * @param pace how many of them
 */
record TrainMeasure(Recipe recipe, DataSize size, Pace pace) {

  /** Steps program by program that only fill the allocator's blocks. */
  private static final int SETTLING = 2;

  /**
   * What the data would be.
   *
   * @param channels of latents; 0 for pictures
   * @param side height and width of a latent or picture
   */
  record DataSize(int channels, int side, int classes) {}

  /**
   * How many steps.
   *
   * @param warmUp not measured
   * @param rounds of which each gives one mean
   * @param steps of a round
   * @param separate steps program by program, for the parts of a step that a CUDA graph hides; 0
   *     for none
   */
  record Pace(int warmUp, int rounds, int steps, int separate) {
    Pace {
      if (warmUp < 0 || rounds < 1 || steps < 1 || separate < 0) {
        throw new UserException(
            "--warm-up and --parts: 0 or more; --rounds and --steps: 1 or more.");
      }
    }

    int total() {
      return warmUp + rounds * steps;
    }
  }

  /**
   * Memory, in bytes.
   *
   * @param device in use on the GPU at the end, by whomever; 0 on the CPU
   * @param reserved what of it the loop brought about: libtorch's allocator gives nothing back, so
   *     that this is its peak
   * @param hostPeak greatest resident memory of this process; 0 where unknown
   */
  record Memory(long device, long reserved, long hostPeak) {}

  /**
   * What was measured.
   *
   * @param seconds of each step
   * @param rounds mean seconds of a step, round by round
   * @param flopsPerImage of a step's own arithmetic
   * @param peakFlops of the device in the recipe's precision, where known
   * @param parts of the measured steps: medians, in seconds
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Measured(
      double[] seconds,
      double[] rounds,
      long parameters,
      double flopsPerImage,
      OptionalDouble peakFlops,
      Memory memory,
      Parts parts,
      Map<String, Double> lastValues) {}

  /**
   * Where a step's time goes, in seconds: medians over steps.
   *
   * @param step the whole
   * @param data the host's wait for a batch
   * @param device by part, on the device
   * @param rest what no part accounts for: reading metrics, the host's own work, waiting for it
   */
  record Parts(double step, double data, Map<StepPart, Double> device, double rest) {

    static Parts of(List<StepReport> reports) {
      Map<StepPart, Double> medians = new EnumMap<>(StepPart.class);
      for (StepPart part : StepPart.values()) {
        double[] seconds =
            reports.stream()
                .filter(report -> report.parts().containsKey(part))
                .mapToDouble(report -> report.parts().get(part))
                .toArray();
        if (seconds.length > 0) {
          medians.put(part, Spread.of(seconds).median());
        }
      }
      return new Parts(
          median(reports, StepReport::seconds),
          median(reports, StepReport::dataSeconds),
          medians,
          median(reports, Parts::rest));
    }

    private static double median(List<StepReport> reports, ToDoubleFunction<StepReport> of) {
      return Spread.of(reports.stream().mapToDouble(of).toArray()).median();
    }

    private static double rest(StepReport report) {
      double device = report.parts().values().stream().mapToDouble(Double::doubleValue).sum();
      return report.seconds() - report.dataSeconds() - device;
    }
  }

  /** Told as soon as it is known: should the process end early, something is left. */
  interface Listener {
    void onDevice(TorchRuntime runtime);

    void onMeasured(Measured measured) throws IOException;

    /** The parts of steps that were run program by program. */
    void onParts(Parts parts) throws IOException;
  }

  void run(Listener listener) throws IOException {
    TrainingSchedule given = recipe.schedule();
    long images = (long) pace.total() * given.batch();
    TrainingSchedule schedule =
        new TrainingSchedule(
            given.seed(),
            given.batch(),
            given.shards(),
            images,
            Long.MAX_VALUE,
            given.precision(),
            given.activations(),
            given.lossScale());
    Objective objective = objective(schedule);
    boolean gpu = recipe.ranks().device() == Ranks.Device.GPU;
    try (TorchRuntime runtime = gpu ? TorchRuntime.onGpu(0) : TorchRuntime.onCpu()) {
      if (gpu) {
        given.precision().require("bench", Arithmetic.measure(runtime), Setting.TF32.key());
      }
      listener.onDevice(runtime);
      long before = used(runtime);
      try (TrainingLoop loop =
          new TrainingLoop(
              runtime,
              objective,
              schedule,
              new SingleProcess(),
              new RandomBatch(objective.columns(), Math.max(1, size.classes()), 7))) {
        List<StepReport> reports = StepReports.of(loop);
        listener.onMeasured(measured(runtime, StepCost.of(objective, schedule), reports, before));
        if (gpu && pace.separate() > 0) {
          listener.onParts(separate(loop, schedule));
        }
      }
    }
  }

  private Measured measured(
      TorchRuntime runtime, StepCost cost, List<StepReport> all, long before) {
    List<StepReport> reports = all.subList(pace.warmUp(), all.size());
    double[] seconds = reports.stream().mapToDouble(StepReport::seconds).toArray();
    double[] rounds = new double[pace.rounds()];
    for (int i = 0; i < rounds.length; i++) {
      int first = i * pace.steps();
      rounds[i] = Arrays.stream(seconds, first, first + pace.steps()).average().orElseThrow();
    }
    long device = used(runtime);
    return new Measured(
        seconds,
        rounds,
        cost.allParameters(),
        cost.flopsPerImage(),
        runtime.onGpu()
            ? runtime.gpu().peakFlops(recipe.schedule().precision().bits())
            : OptionalDouble.empty(),
        new Memory(device, device - before, ProcessMemory.peak().orElse(0)),
        Parts.of(reports),
        all.get(all.size() - 1).values());
  }

  private static long used(TorchRuntime runtime) {
    return runtime.onGpu() ? runtime.gpu().totalBytes() - runtime.gpu().freeBytes() : 0;
  }

  /** The run's last steps once more, without graphs. */
  private Parts separate(TrainingLoop loop, TrainingSchedule schedule) {
    loop.separateParts();
    long steps = Math.min(SETTLING + (long) pace.separate(), pace.total());
    loop.state().restore(loop.state().counters().at(schedule.images() - steps * schedule.batch()));
    List<StepReport> reports = StepReports.of(loop);
    return Parts.of(reports.subList(Math.min(SETTLING, reports.size() - 1), reports.size()));
  }

  private Objective objective(TrainingSchedule schedule) {
    if (recipe instanceof Recipe.Tokenizer tokenizer) {
      return new VqganObjective(
          new Vqgan(tokenizer.model(), size.side(), size.side()),
          schedule.shards(),
          schedule.shardBatch(),
          schedule.activations().segmentation(),
          schedule.precision(),
          recipe.ranks().target());
    }
    Signal signal =
        size.channels() == 0
            ? Signal.pixels(size.side(), size.side())
            : Signal.latents(size.channels(), size.side(), size.side(), 0, 1);
    return new DiffusionObjective(
        new DiffusionModel(((Recipe.Diffusion) recipe).model(), signal, size.classes()),
        schedule.shards(),
        schedule.shardBatch(),
        schedule.activations().segmentation(),
        schedule.precision(),
        recipe.ranks().target());
  }
}
