package dev.tessera.jobs.verify;

import dev.tessera.jobs.gallery.Objective;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionObjective;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.law.Points;
import dev.tessera.models.diffusion.reference.ObjectiveTrial;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Weighting;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Segmentation;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.nn.BackboneRecipe;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.models.train.SingleProcess;
import dev.tessera.models.train.StepReport;
import dev.tessera.models.train.TrainingLoop;
import dev.tessera.models.train.TrainingSchedule;
import dev.tessera.models.train.TrainingState;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The programs that training runs, at the first step of a network whose output is zero. */
final class ObjectiveChecks {

  private static final String TOPIC = "objective";
  private static final int BATCH = 32_768;

  private final TorchRuntime runtime;
  private final List<Verdict> verdicts = new ArrayList<>();

  private ObjectiveChecks(TorchRuntime runtime) {
    this.runtime = runtime;
  }

  static List<Verdict> run(TorchRuntime runtime) {
    ObjectiveChecks checks = new ObjectiveChecks(runtime);
    checks.published();
    checks.edm();
    checks.sliced();
    checks.finiteSets();
    return checks.verdicts;
  }

  /** Every objective of the gallery, on a batch of its own numbers and a small random network. */
  private void published() {
    for (Objective objective : Objective.all()) {
      ObjectiveTrial trial = ObjectiveTrial.run(runtime, objective.recipe(), 11);
      verdicts.add(
          new Verdict(
              TOPIC,
              objective.name() + ": a batch's loss as its paper writes it, in double",
              trial.published(),
              trial.traced(),
              trial.tolerance()));
      verdicts.add(
          new Verdict(
              TOPIC,
              objective.name() + ": its slope, by differences",
              trial.publishedSlope(),
              trial.tracedSlope(),
              trial.slopeTolerance()));
    }
  }

  /** The zero network's EDM loss is 1 an element at every level, for data of the right variance. */
  private void edm() {
    for (double mean : new double[] {-4, -1.2, 2}) {
      double loss = loss(new NoiseDistribution.LogNormal(mean, .1), Loss.Denoising.defaults(), 1);
      verdicts.add(
          new Verdict(
              TOPIC,
              "EDM loss of a zero network, ln sigma " + mean + " (sampled)",
              1,
              loss,
              5 * Math.sqrt(2.0 / BATCH / 2)));
    }
  }

  /**
   * The zero network's score is {@code -x / c}, {@code c = sigma^2 + 1/4}: for x of variance m the
   * sliced loss is {@code sigma^2 (-1 / c + m / (2 c^2))}, least where c is m.
   */
  private void sliced() {
    NoiseDistribution half = new NoiseDistribution.LogUniform(.5, .5 + 1e-9);
    for (boolean reduced : new boolean[] {true, false}) {
      Loss loss = new Loss.SlicedScore(new Weighting.Eps(), 1, Loss.Direction.RADEMACHER, reduced);
      for (double scale : new double[] {1, 2}) {
        double c = .5;
        double m = .25 + scale * scale / 4;
        double expected = .25 * (-1 / c + m / (2 * c * c));
        verdicts.add(
            new Verdict(
                TOPIC,
                "sliced score of -x/c on N(0, "
                    + (scale == 1 ? "c" : "2.5 c")
                    + ")"
                    + (reduced ? ", variance reduced" : "")
                    + " (sampled)",
                expected,
                loss(half, loss, scale),
                5 * .25 * m / (2 * c * c) * Math.sqrt(2.0 / BATCH)));
      }
    }
  }

  /** The loss of the first step, of normal data whose deviation is {@code scale} the expected. */
  private double loss(NoiseDistribution noise, Loss loss, double scale) {
    DiffusionRecipe recipe =
        DiffusionRecipe.defaults()
            .with(new BackboneRecipe.Mlp(16, 1))
            .with(noise, loss)
            .withClasses(false, 0);
    DiffusionModel model = new DiffusionModel(recipe, Signal.latents(2, 1, 1, 0, 1), 0);
    float[] data = new Initializer.Normal(scale).values(Shape.of(2L * BATCH), 77);
    double[] told = new double[1];
    try (TrainingLoop loop =
        new TrainingLoop(
            runtime,
            new DiffusionObjective(model, 1, BATCH, Segmentation.WHOLE),
            new TrainingSchedule(3, BATCH, 1, BATCH, BATCH),
            new SingleProcess(),
            (shard, first, count, columns) -> fill(columns, data))) {
      loop.run(
          new TrainingLoop.Observer() {
            @Override
            public void onStep(StepReport report) {
              told[0] = report.values().get("loss");
            }

            @Override
            public void onCheckpoint(TrainingState state) {}
          });
    }
    return told[0];
  }

  private static void fill(Map<String, ByteBuffer> columns, float... data) {
    for (float value : data) {
      columns.get("latent").putFloat(value);
    }
  }

  /** The minimiser of denoising on a finite set, and what is left of the loss. */
  private void finiteSets() {
    double[][] points = {{1, .5}, {-.5, 1}, {0, -1}};
    Law law = new Points(List.of(List.of(1., .5), List.of(-.5, 1.), List.of(0., -1.)));
    double[] x = {.3, .1, -.6, 2, 1.1, -.4};
    double sigma = .7;
    double off = 0;
    try (Law.Ideal ideal = law.denoiser(runtime, Shape.of(3, 2));
        NativeTensor at = runtime.zeros(DType.FLOAT64, Shape.of(3, 2))) {
      at.set(x);
      try (NativeTensor clean = ideal.denoise(at, sigma)) {
        double[] found = clean.toDoubles();
        for (int i = 0; i < 3; i++) {
          double[] mean = posterior(points, x[2 * i], x[2 * i + 1], sigma);
          off = Math.max(off, Math.abs(found[2 * i] - mean[0]));
          off = Math.max(off, Math.abs(found[2 * i + 1] - mean[1]));
        }
      }
    }
    verdicts.add(Verdict.equal(TOPIC, "a finite set's denoiser is its softmax mean", off, 1e-12));
    residual();
  }

  private static double[] posterior(double[][] points, double x, double y, double sigma) {
    double sum = 0;
    double[] mean = new double[2];
    for (double[] p : points) {
      double w = Math.exp(-(Math.pow(x - p[0], 2) + Math.pow(y - p[1], 2)) / (2 * sigma * sigma));
      sum += w;
      mean[0] += w * p[0];
      mean[1] += w * p[1];
    }
    return new double[] {mean[0] / sum, mean[1] / sum};
  }

  /**
   * Of two points: {@code E (1 - D)^2} over the noise is {@code E (1 - D^2)}, the variance left.
   */
  private void residual() {
    double sigma = .8;
    int n = 4001;
    double[] noise = new double[n];
    double[] weight = new double[n];
    double[] x = new double[n];
    for (int i = 0; i < n; i++) {
      noise[i] = -9 + 18.0 * i / (n - 1);
      weight[i] = Math.exp(-noise[i] * noise[i] / 2) / Math.sqrt(2 * Math.PI) * 18 / (n - 1);
      x[i] = 1 + sigma * noise[i];
    }
    double error = 0;
    double variance = 0;
    try (Law.Ideal ideal = Mixture.twoPoints().denoiser(runtime, Shape.of(n, 1));
        NativeTensor at = runtime.zeros(DType.FLOAT64, Shape.of(n, 1))) {
      at.set(x);
      try (NativeTensor clean = ideal.denoise(at, sigma)) {
        double[] d = clean.toDoubles();
        for (int i = 0; i < n; i++) {
          error += weight[i] * Math.pow(1 - d[i], 2);
          variance += weight[i] * (1 - Math.pow(Math.tanh(x[i] / (sigma * sigma)), 2));
        }
      }
    }
    verdicts.add(
        new Verdict(TOPIC, "what is left of the loss is the variance left", variance, error, 1e-9));
  }
}
