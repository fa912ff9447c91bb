package dev.tessera.models.diffusion.likelihood;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.models.diffusion.Loss;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.law.Points;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class FlowLikelihoodTest {

  private static final Path VP = VariancePreserving.defaults();
  private static TorchRuntime runtime;

  @BeforeAll
  static void open() {
    Libtorch.useThreads(1);
    runtime = TorchRuntime.onCpu();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  private record Told(double[] noise, List<Double> nats, int evaluations) {}

  /** Log densities of rows of {@code width} numbers. */
  private static Told follow(
      Path path, LikelihoodRecipe recipe, Law law, TraceEstimate trace, int width, double... x) {
    Shape shape = Shape.of(x.length / width, width);
    try (FlowLikelihood likelihood = new FlowLikelihood(runtime, path, recipe, shape);
        ProbedDenoiser denoiser = ProbedDenoiser.of(runtime, law, trace, shape);
        NativeTensor data = runtime.zeros(DType.FLOAT64, shape)) {
      data.set(x);
      denoiser.probe(3, 0);
      try (FlowLikelihood.Flowed flowed = likelihood.follow(denoiser, data)) {
        assertThat(data.toDoubles()).as("the data are not changed").isEqualTo(x);
        return new Told(flowed.noise().toDoubles(), flowed.nats(), flowed.evaluations());
      }
    }
  }

  private static double normal(double x, double variance) {
    return -x * x / (2 * variance) - Math.log(2 * Math.PI * variance) / 2;
  }

  /** What the flow tells of N(0, 1/4), solved by hand: x grows as the marginal's deviation does. */
  private static double flowed(Path path, LikelihoodRecipe recipe, double x) {
    double first = marginal(path, recipe.sigmaMin());
    double last = marginal(path, recipe.sigmaMax());
    double end = x * Math.sqrt(last / first);
    double prior = Flow.priorVariance(path, recipe.sigmaMax());
    return normal(end, prior) + Math.log(last / first) / 2;
  }

  private static double marginal(Path path, double sigma) {
    return Math.pow(path.scale(sigma), 2) * (0.25 + sigma * sigma);
  }

  @Test
  void aGaussiansDensityUnderTheVpEquationIsThePublishedOne() {
    LikelihoodRecipe recipe = LikelihoodRecipe.of(VP).withTolerance(1e-10);
    double[] x = {0, 0.5, 1};
    double[] published = {-.22580905, -.72579135, -2.22573826};
    Law law = Mixture.gaussian(0, 0.5);
    List<Double> nats = follow(VP, recipe, law, new TraceEstimate.Exact(), 1, x).nats();
    for (int i = 0; i < x.length; i++) {
      assertThat(nats.get(i)).isCloseTo(flowed(VP, recipe, x[i]), within(1e-8));
      assertThat(nats.get(i)).isCloseTo(published[i], within(1e-8));
      assertThat(nats.get(i)).isCloseTo(normal(x[i], 0.25), within(1e-4));
    }
    LikelihoodRecipe loose = LikelihoodRecipe.of(VP);
    List<Double> usual = follow(VP, loose, law, new TraceEstimate.Exact(), 1, x).nats();
    assertThat(usual.get(1)).isCloseTo(published[1], within(2e-4));
  }

  @Test
  void everyPathGivesTheDensityOfItsOwnFlow() {
    for (Path path :
        List.of(
            new Linear(),
            new Cosine(),
            SubVariancePreserving.defaults(),
            VarianceExploding.defaults())) {
      LikelihoodRecipe recipe = LikelihoodRecipe.of(path).withTolerance(1e-9);
      double[] x = {-0.7, 0, 0.4};
      List<Double> nats =
          follow(path, recipe, Mixture.gaussian(0, 0.5), new TraceEstimate.Exact(), 1, x).nats();
      for (int i = 0; i < x.length; i++) {
        assertThat(nats.get(i)).as("%s", path).isCloseTo(flowed(path, recipe, x[i]), within(1e-6));
        assertThat(nats.get(i)).as("%s", path).isCloseTo(normal(x[i], 0.25), within(5e-4));
      }
    }
  }

  @Test
  void aMixturesDensityIsFoundWhereNoMapIsKnown() {
    Mixture law = Mixture.threeBells();
    double[] x = {-1.2, -0.5, 0.3, 0.95, 1.6};
    LikelihoodRecipe recipe = LikelihoodRecipe.of(VP).withTolerance(1e-8);
    List<Double> nats = follow(VP, recipe, law, new TraceEstimate.Exact(), 1, x).nats();
    for (int i = 0; i < x.length; i++) {
      assertThat(nats.get(i)).isCloseTo(law.logDensity(x[i], 0), within(5e-4));
    }
  }

  /** The VP flow of N(0, 1) stands still. */
  @Test
  void standardNormalDataAreTheirOwnNoise() {
    LikelihoodRecipe recipe = LikelihoodRecipe.of(VP);
    double[] x = {-2, 0.1, 1.3};
    Told told = follow(VP, recipe, Mixture.gaussian(0, 1), new TraceEstimate.Exact(), 1, x);
    for (int i = 0; i < x.length; i++) {
      assertThat(told.noise()[i]).isCloseTo(x[i], within(1e-9));
      assertThat(told.nats().get(i)).isCloseTo(normal(x[i], 1), within(1e-9));
    }
    // The first step is tiny, each of the following ten times the last.
    assertThat(told.evaluations()).isLessThanOrEqualTo(38);
  }

  @Test
  void oneSignedProbeIsExactWhereElementsDoNotMix() {
    Law law = Mixture.threeBells();
    double[] x = {-1.2, 0.3, 0.95, 1.6, 0.1, -0.6};
    LikelihoodRecipe recipe = LikelihoodRecipe.of(VP);
    List<Double> exact = follow(VP, recipe, law, new TraceEstimate.Exact(), 3, x).nats();
    List<Double> probed = follow(VP, recipe, law, TraceEstimate.Hutchinson.defaults(), 3, x).nats();
    for (int i = 0; i < 2; i++) {
      double sum = 0;
      for (int j = 0; j < 3; j++) {
        sum += law instanceof Mixture m ? m.logDensity(x[3 * i + j], 0) : Double.NaN;
      }
      assertThat(probed.get(i)).isCloseTo(exact.get(i), within(1e-9));
      assertThat(exact.get(i)).isCloseTo(sum, within(5e-3));
    }
  }

  @Test
  void probesOfEveryLawAreUnbiasedWhereElementsMix() {
    Law law = new Points(List.of(List.of(1.0, 0.5), List.of(-0.5, 1.0), List.of(0.0, -1.0)));
    int rows = 4000;
    Shape shape = Shape.of(rows, 2);
    double[] x = new double[2 * rows];
    for (int i = 0; i < rows; i++) {
      x[2 * i] = 0.3;
      x[2 * i + 1] = 0.1;
    }
    List<TraceEstimate> estimates = new ArrayList<>(List.of(new TraceEstimate.Exact()));
    for (Loss.Direction direction : Loss.Direction.values()) {
      estimates.add(new TraceEstimate.Hutchinson(2, direction));
    }
    List<double[]> traces = new ArrayList<>();
    try (NativeTensor data = runtime.zeros(DType.FLOAT64, shape)) {
      data.set(x);
      for (TraceEstimate estimate : estimates) {
        try (ProbedDenoiser denoiser = ProbedDenoiser.of(runtime, law, estimate, shape)) {
          denoiser.probe(9, 100);
          try (TraceDenoiser.Denoised told = denoiser.denoise(data, 0.8)) {
            traces.add(told.trace().toDoubles());
          }
        }
      }
    }
    // The Jacobian of a posterior mean is the posterior's covariance over sigma^2.
    double expected = pointsTrace(0.3, 0.1, 0.8);
    assertThat(traces.get(0)[7]).isCloseTo(expected, within(1e-12));
    for (double[] trace : traces.subList(1, traces.size())) {
      double mean = 0;
      double square = 0;
      for (double value : trace) {
        mean += value / rows;
        square += value * value / rows;
      }
      double error = Math.sqrt((square - mean * mean) / rows);
      assertThat(mean).isCloseTo(expected, within(4 * error));
      assertThat(error).isGreaterThan(0);
    }
  }

  private static double pointsTrace(double x, double y, double sigma) {
    double[][] points = {{1, 0.5}, {-0.5, 1}, {0, -1}};
    double sum = 0;
    double[] moments = new double[3];
    for (double[] p : points) {
      double far = Math.pow(x - p[0], 2) + Math.pow(y - p[1], 2);
      double w = Math.exp(-far / (2 * sigma * sigma));
      sum += w;
      moments[0] += w * p[0];
      moments[1] += w * p[1];
      moments[2] += w * (p[0] * p[0] + p[1] * p[1]);
    }
    double means = Math.pow(moments[0] / sum, 2) + Math.pow(moments[1] / sum, 2);
    return (moments[2] / sum - means) / (sigma * sigma);
  }

  @Test
  void bitsCountStoredUnits() {
    // A density that is uniform over 256 values of a byte is 8 bits of information.
    double nats = -Math.log(2); // of a unit in [-1, 1]
    assertThat(Densities.bitsPerDimension(nats, 1, 128)).isCloseTo(8, within(1e-12));
    assertThat(Densities.bitsPerDimension(0, 3, 128)).isCloseTo(7, within(1e-12));
    // Bytes of ours are 127.5 to a unit, and latents have units of their own.
    assertThat(Densities.bitsPerDimension(0, 3, 127.5)).isCloseTo(6.994353436858858, within(1e-12));
    assertThat(Densities.bitsPerDimension(-3 * Math.log(2), 3, 4)).isCloseTo(3, within(1e-12));
    assertThat(Signal.pixels(4, 4).units(0.5)).isEqualTo(127.5);
    assertThat(Signal.pixels(4, 4).units(1)).isEqualTo(127.5);
    assertThat(Signal.latents(1, 2, 2, 3, 4).units(1)).isEqualTo(4);
  }

  @Test
  void stepsHaveNoFlow() {
    assertThatThrownBy(() -> LikelihoodRecipe.of(Discrete.defaults()))
        .hasMessageContaining("path: discrete")
        .hasMessageContaining("variance-preserving");
    assertThatThrownBy(() -> new LikelihoodRecipe(2, 1, 1e-5, 1e-5))
        .hasMessageContaining("sigmaMin: 2.0");
    assertThatThrownBy(() -> LikelihoodRecipe.of(VP).withTolerance(0))
        .hasMessageContaining("rtol: 0.0");
  }
}
