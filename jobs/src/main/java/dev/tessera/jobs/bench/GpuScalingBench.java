package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.train.Recipe;
import dev.tessera.models.UserException;
import dev.tessera.models.diffusion.DiffusionFamily;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.runtime.Gpus;
import dev.tessera.models.train.Family;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.spark.barrier.Gang;
import dev.tessera.spark.barrier.GangListener;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.package$;

/**
 * The same training on one GPU and on several of this host: one executor a GPU, ranks bound to GPUs
 * by Spark, NCCL between them. Weak scaling gives each GPU the batch, strong scaling shares it.
 */
final class GpuScalingBench {

  /** Steps that compile kernels, capture the graph and connect NCCL. */
  private static final int WARMUP = 10;

  private static final int PEER_SECONDS = 150;
  private static final int CORES = 8;
  private static final Path DISCOVERY = Path.of("conf/clusters/claim-gpu.sh");

  private final GpuScalingRecipe recipe;
  private final Recipe.Diffusion subject;
  private final BenchReport report;

  private GpuScalingBench(GpuScalingRecipe recipe, Recipe.Diffusion subject, BenchReport report) {
    this.recipe = recipe;
    this.subject = subject;
    this.report = report;
  }

  /** What one turn measured. */
  private record Turn(String work, int ranks, int batch, Spread seconds, double imagesPerSecond) {}

  static void run(GpuScalingRecipe recipe, Console console) throws IOException {
    if (!(RecipeReader.readLocal(Recipe.class, Path.of(recipe.config()), List.of())
        instanceof Recipe.Diffusion subject)) {
      throw new UserException("config: " + recipe.config() + " (expected: type: diffusion)");
    }
    if (Gpus.count() < recipe.ranks()) {
      throw new UserException(
          "bench gpu-scaling: "
              + recipe.ranks()
              + " ranks need as many GPUs, and this process sees "
              + Gpus.count()
              + ": set ranks.");
    }
    if (!Files.exists(DISCOVERY)) {
      throw new UserException(
          DISCOVERY + " is not here: run bench gpu-scaling in the checkout's folder.");
    }
    BenchReport report = BenchReport.start("gpu-scaling", console);
    report.fact("spark", "version", package$.MODULE$.SPARK_VERSION());
    report.line(recipe.config() + ", " + subject.schedule().precision());
    new GpuScalingBench(recipe, subject, report).measure(PythonPeer.find(console));
    report.write(Path.of(recipe.output()));
  }

  private void measure(Optional<PythonPeer> python) throws IOException {
    int n = recipe.ranks();
    Turn one;
    Turn weak;
    Turn strong;
    // One cluster for all turns: a GPU is claimed as long as this process lives.
    try (JavaSparkContext spark = new JavaSparkContext(conf(n))) {
      one = turn(spark, "one GPU", 1, recipe.batch());
      weak = turn(spark, "weak", n, n * recipe.batch());
      strong = turn(spark, "strong", n, recipe.batch());
    }
    efficiency("weak", weak, one);
    efficiency("strong", strong, one);
    if (python.isPresent()) {
      peer(python.get(), 1, one);
      peer(python.get(), n, weak);
    }
  }

  private void efficiency(String name, Turn many, Turn one) {
    double efficiency = many.imagesPerSecond() / (many.ranks() * one.imagesPerSecond());
    report.row(Map.of("work", name + " efficiency", "ranks", many.ranks(), "value", efficiency));
    report.line(
        String.format(
            Locale.ROOT,
            "%s scaling to %d GPUs: efficiency %.1f %%",
            name,
            many.ranks(),
            100 * efficiency));
  }

  private Turn turn(JavaSparkContext spark, String work, int ranks, int batch) {
    TrainingSchedule given = subject.schedule();
    long images = (long) (WARMUP + recipe.steps()) * batch;
    TrainingSchedule schedule =
        new TrainingSchedule(
            7,
            batch,
            ranks,
            images,
            Long.MAX_VALUE,
            given.precision(),
            given.activations(),
            given.lossScale());
    GpuScalingTask task = new GpuScalingTask(family(), schedule, Math.max(1, recipe.classes()));
    GangSpec gang =
        GangSpec.of("gpu-scaling", ranks, Algorithm.NCCL, TesseraSettings.from(spark.getConf()))
            .withGpu();
    List<ArrayList<StepReport>> all =
        Gang.<ArrayList<StepReport>>run(spark, gang, attempt -> task, GangListener.silent());
    // What ranks report is equal to the bit: they hold the same parameters.
    for (ArrayList<StepReport> rank : all) {
      Map<String, Double> last = rank.get(rank.size() - 1).values();
      if (!last.equals(all.get(0).get(rank.size() - 1).values())) {
        throw new IllegalStateException("ranks ended with different metrics: " + last);
      }
    }
    List<StepReport> steps = all.get(0).subList(WARMUP, all.get(0).size());
    Spread seconds = Spread.of(steps.stream().mapToDouble(StepReport::seconds).toArray());
    Turn turn = new Turn(work, ranks, batch, seconds, batch / seconds.median());
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("turn", turn);
    report.row(row);
    report.line(
        String.format(
            Locale.ROOT,
            "%-8s %d GPUs, batch %d: %s ms a step (range), %.0f images/s",
            work,
            ranks,
            batch,
            seconds.text(1e3),
            turn.imagesPerSecond()));
    return turn;
  }

  private Family family() {
    Signal signal =
        recipe.channels() == 0
            ? Signal.pixels(recipe.side(), recipe.side())
            : Signal.latents(recipe.channels(), recipe.side(), recipe.side(), 0, 1);
    return new DiffusionFamily(subject.model(), signal, recipe.classes());
  }

  private void peer(PythonPeer python, int ranks, Turn ours) throws IOException {
    Map<String, Object> ask =
        new TrainPeers(
                subject,
                new TrainMeasure.DataSize(recipe.channels(), recipe.side(), recipe.classes()),
                new TrainMeasure.Pace(WARMUP, 3, Math.max(1, recipe.steps() / 3), 0),
                Optional.empty())
            .distributed(ranks, recipe.batch());
    Map<String, Object> row =
        new PeerRun("DistributedDataParallel", "ddp.py", ask).measure(python, 1, PEER_SECONDS);
    row.put("ranks", ranks);
    if (row.get("milliseconds") instanceof Number milliseconds) {
      double images = 1e3 * ranks * recipe.batch() / milliseconds.doubleValue();
      row.put("allImagesPerSecond", images);
      row.put("ratio", ours.imagesPerSecond() / images);
      report.line(
          String.format(
              Locale.ROOT,
              "PyTorch DDP, eager, %d GPUs, batch %d each: %.0f images/s; ours is %.2f times as fast",
              ranks,
              recipe.batch(),
              images,
              ours.imagesPerSecond() / images));
    } else {
      report.line("PyTorch DDP was not measured: " + row.get("reason"));
    }
    report.row(row);
  }

  private SparkConf conf(int ranks) {
    int memory = recipe.executorMemory();
    SparkConf conf = new SparkConf().setAppName("tessera bench gpu-scaling");
    conf.setMaster("local-cluster[" + ranks + "," + CORES + "," + memory + "]");
    conf.set("spark.executor.memory", memory + "m");
    conf.set("spark.task.cpus", Integer.toString(CORES));
    conf.set("spark.executor.resource.gpu.amount", "1");
    conf.set("spark.task.resource.gpu.amount", "1");
    conf.set("spark.worker.resource.gpu.amount", "1");
    conf.set("spark.worker.resource.gpu.discoveryScript", DISCOVERY.toAbsolutePath().toString());
    conf.set("spark.executorEnv.CUDA_DEVICE_ORDER", "PCI_BUS_ID");
    conf.setIfMissing("spark.driver.host", "localhost");
    conf.setIfMissing("spark.driver.bindAddress", "127.0.0.1");
    conf.setIfMissing("spark.ui.enabled", "false");
    conf.setIfMissing("spark.ui.showConsoleProgress", "false");
    conf.setIfMissing("spark.plugins", "dev.tessera.spark.TesseraPlugin");
    conf.setIfMissing("spark.executor.extraClassPath", ChildJvm.classPath());
    return conf;
  }
}
