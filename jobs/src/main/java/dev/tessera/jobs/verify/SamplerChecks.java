package dev.tessera.jobs.verify;

import dev.tessera.jobs.gallery.FourFrameworks;
import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.sampler.AnnealedLangevin;
import dev.tessera.models.diffusion.sampler.Ddim;
import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Dpmpp2m;
import dev.tessera.models.diffusion.sampler.Dpmpp2mSde;
import dev.tessera.models.diffusion.sampler.Dpmpp2s;
import dev.tessera.models.diffusion.sampler.Euler;
import dev.tessera.models.diffusion.sampler.EulerMaruyama;
import dev.tessera.models.diffusion.sampler.FlowSde;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Guidance;
import dev.tessera.models.diffusion.sampler.Guided;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.diffusion.sampler.PredictorCorrector;
import dev.tessera.models.diffusion.sampler.ReverseDiffusion;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.sampler.UniPc;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.graph.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Real samplers on ideal denoisers. */
final class SamplerChecks {

  private static final String GAUSSIAN = "gaussian";
  private static final String FLOW = "flow";
  private static final String CHAIN = "chain";
  private static final double VARIANCE = 0.25;
  private static final Law QUARTER = Mixture.gaussian(0, 0.5);
  private static final double[] STARTS = {-1.3, -.8, -.3, .15, .4, .9, 1.4};

  private final Experiment experiment;
  private final List<Verdict> verdicts = new ArrayList<>();

  private SamplerChecks(Experiment experiment) {
    this.experiment = experiment;
  }

  static List<Verdict> run(Experiment experiment) {
    SamplerChecks checks = new SamplerChecks(experiment);
    checks.exactMap();
    checks.deterministic();
    checks.unified();
    checks.stochastic();
    checks.corrector();
    checks.orders();
    checks.twoPoints();
    checks.frameworks();
    checks.ddimIsDdpm();
    checks.guidance();
    return checks.verdicts;
  }

  private static double[] karras(int steps) {
    return Grid.Karras.defaults().sigmas(steps);
  }

  private static double[] above(int steps) {
    return Arrays.copyOf(karras(steps), steps);
  }

  /** The flow of a Gaussian scales it, and an adaptive solver finds the scale. */
  private void exactMap() {
    double[] ends = {80, 0.002};
    double exact = 80 * Math.sqrt((VARIANCE + 4e-6) / (VARIANCE + 6400));
    double found = experiment.run(new RungeKutta(new Linear(), 1e-9, 1e-9), ends, QUARTER, 1.0)[0];
    verdicts.add(
        new Verdict(FLOW, "N(0, 1/4) from 80 to .002: x(0) of noise 1", exact, found, 1e-6));
    verdicts.add(
        new Verdict(
            FLOW, "deviation reached from 80 z over the data's", .99998047, exact / .5, 1e-5));
  }

  private void recursion(String what, Sampler sampler, double variance, double... sigmas) {
    double expected =
        new GaussianRecursion(variance, sigmas).deviation(sampler).orElseThrow()
            / Math.sqrt(variance);
    double measured =
        experiment.deviation(sampler, sigmas, Mixture.gaussian(0, Math.sqrt(variance)))
            / Math.sqrt(variance);
    verdicts.add(new Verdict(GAUSSIAN, what, expected, measured, 1e-10));
  }

  private void deterministic() {
    Map<String, Sampler> samplers = new LinkedHashMap<>();
    samplers.put("euler", new Euler());
    samplers.put("heun", Heun.defaults());
    samplers.put("heun, alpha 1/2", new Heun(0, 0, 1e9, 1, 0.5));
    samplers.put("ddim", Ddim.defaults());
    samplers.put("dpmpp-2m", Dpmpp2m.defaults());
    samplers.put("dpmpp-2s", new Dpmpp2s());
    samplers.forEach(
        (name, sampler) -> {
          for (int steps : new int[] {10, 18, 40, 80}) {
            recursion(name + ", " + steps + " steps: stdRatio", sampler, VARIANCE, karras(steps));
          }
        });
  }

  private void unified() {
    for (int order = 1; order <= 3; order++) {
      for (boolean simple : new boolean[] {true, false}) {
        for (int steps : new int[] {5, 18}) {
          String what = "uni-pc of order " + order + ", bh" + (simple ? 1 : 2) + ", " + steps;
          recursion(what + " steps", new UniPc(order, simple), VARIANCE, karras(steps));
        }
      }
    }
  }

  private void stochastic() {
    double[] respaced = Grid.Respaced.defaults().sigmas(200);
    recursion("ddpm fixed-large, N(0, 1)", new Ddpm(Ddpm.Variance.FIXED_LARGE), 1, respaced);
    recursion("ddpm fixed-small, N(0, 1)", new Ddpm(Ddpm.Variance.FIXED_SMALL), 1, respaced);
    recursion("ddim eta 1/2", new Ddim(0.5), VARIANCE, karras(40));
    double[] times = new Grid.UniformTime(VariancePreserving.defaults(), 1e-3, 1).sigmas(200);
    recursion("euler-maruyama, VP, N(0, 1)", EulerMaruyama.defaults(), 1, times);
    double[] ve = new Grid.Ve(0.01, 50).sigmas(1000);
    recursion("reverse-diffusion VE, 1000 levels", ReverseDiffusion.defaults(), VARIANCE, ve);
    recursion("ancestral VE, 1000 levels", new Ddim(1), VARIANCE, ve);
    recursion(
        "reverse-diffusion VP", new ReverseDiffusion(ReverseDiffusion.Form.VP), VARIANCE, respaced);
    recursion("heun, churn 40", new Heun(40, 0, 1e9, 1, 1), VARIANCE, karras(18));
    recursion("heun, churn 40 in [.05, 50]", new Heun(40, .05, 50, 1.003, 1), VARIANCE, karras(40));
    double[] flow = Grid.Flow.defaults().sigmas(18);
    recursion("heun, flow, 18 steps", Heun.defaults(), VARIANCE, flow);
    recursion("heun, alpha 1/2, flow", new Heun(0, 0, 1e9, 1, .5), VARIANCE, flow);
    recursion("heun, churn 40, flow", new Heun(40, 0, 1e9, 1.003, 1), VARIANCE, flow);
    for (FlowSde.Form form : FlowSde.Form.values()) {
      double[] below = new Grid.UniformTime(new Linear(), .01, .98).sigmas(50);
      recursion("flow-sde " + form.name(), new FlowSde(form, .8), VARIANCE, below);
    }
    recursion("dpmpp-2m-sde", Dpmpp2mSde.defaults(), VARIANCE, karras(40));
    double[] ncsn = new Grid.Ve(0.01, 1).sigmas(10);
    recursion(
        "NCSN, 10 levels of 100 steps", new AnnealedLangevin(100, 2e-5, false), VARIANCE, ncsn);
    recursion("NCSN, denoised", new AnnealedLangevin(100, 2e-5, true), VARIANCE, ncsn);
  }

  /** Its steps depend on the norms at hand: with given noise all can be written down. */
  private void corrector() {
    double[] sigmas = {2, .7, 0};
    double r = .5;
    Sampler sampler = new PredictorCorrector(ReverseDiffusion.defaults(), r, 2);
    double[] numbers = experiment.run(sampler, sigmas, QUARTER, STARTS);
    verdicts.add(
        Verdict.equal(
            CHAIN,
            "predictor-corrector, r 1/2, number for number",
            Experiment.farthest(numbers, corrected(sigmas, r)),
            1e-11));
    double a = .062;
    double lone = 1 / (1 - a / 2);
    AnnealedLangevin langevin = new AnnealedLangevin(400, 6.2e-6, false);
    double found = experiment.deviation(langevin, new double[] {.01, 0}, Mixture.gaussian(0, 1e-9));
    verdicts.add(
        new Verdict(
            GAUSSIAN,
            "NCSNv2's last level, variance ratio at rest",
            lone,
            found * found / 1e-4,
            1e-6));
  }

  /** Two corrections at a level, then the reverse step; the last adds no noise. */
  private static double[] corrected(double[] sigmas, double r) {
    int n = STARTS.length;
    double[] x = Arrays.stream(STARTS).map(z -> z * sigmas[0]).toArray();
    int draw = 0;
    for (int i = 0; i < sigmas.length - 1; i++) {
      double spread = VARIANCE + sigmas[i] * sigmas[i];
      for (int c = 0; c < 2; c++) {
        double[] z = Experiment.normals(n, 5, draw++);
        double noise = Arrays.stream(z).map(Math::abs).sum();
        double score = Arrays.stream(x).map(v -> Math.abs(v / spread)).sum();
        double step = 2 * Math.pow(r * noise / score, 2);
        for (int j = 0; j < n; j++) {
          x[j] += -step * x[j] / spread + Math.sqrt(2 * step) * z[j];
        }
      }
      double gone = sigmas[i] * sigmas[i] - sigmas[i + 1] * sigmas[i + 1];
      boolean last = i == sigmas.length - 2;
      double[] z = last ? new double[n] : Experiment.normals(n, 5, draw++);
      for (int j = 0; j < n; j++) {
        x[j] += -gone * x[j] / spread + Math.sqrt(gone) * z[j];
      }
    }
    return x;
  }

  private void orders() {
    Law law = Mixture.threeBells();
    double[] exact =
        experiment.run(new RungeKutta(new Linear(), 1e-12, 1e-12), above(2), law, STARTS);
    Map<String, Sampler> samplers = new LinkedHashMap<>();
    samplers.put("euler", new Euler());
    samplers.put("heun", Heun.defaults());
    samplers.put("dpmpp-2m", Dpmpp2m.defaults());
    samplers.put("dpmpp-2s", new Dpmpp2s());
    samplers.forEach(
        (name, sampler) -> {
          double coarse = Experiment.rmse(experiment.run(sampler, above(129), law, STARTS), exact);
          double fine = Experiment.rmse(experiment.run(sampler, above(257), law, STARTS), exact);
          verdicts.add(
              new Verdict(
                  FLOW,
                  name + ": order of convergence",
                  name.equals("euler") ? 1 : 2,
                  Math.log(coarse / fine) / Math.log(2),
                  .1));
        });
  }

  private void twoPoints() {
    double[] starts = {1 / 80., -1 / 80., .5, -.5, 1.5, -1.5};
    double[] signs = {1, -1, 1, -1, 1, -1};
    double[] ends = experiment.run(Heun.defaults(), karras(18), Mixture.twoPoints(), starts);
    verdicts.add(
        Verdict.equal(
            FLOW,
            "heun, 18 steps, two points: sign of the noise",
            Experiment.farthest(ends, signs),
            1e-15));
  }

  private void frameworks() {
    FourFrameworks four = FourFrameworks.follow(karras(12), .9);
    double[] ours = experiment.run(new Euler(), karras(12), Mixture.threeBells(), .9);
    for (FourFrameworks.Trajectory other : four.trajectories()) {
      double end = other.positions().get(other.positions().size() - 1);
      verdicts.add(
          Verdict.equal(
              FLOW, "euler is " + other.name() + ", as its paper writes it", end - ours[0], 1e-12));
    }
    verdicts.add(
        Verdict.equal(FLOW, "the four at every level, the farthest", four.farthest(), 1e-12));
  }

  private void ddimIsDdpm() {
    double[] sigmas = Grid.Respaced.defaults().sigmas(1000);
    Law law = Mixture.threeBells();
    double[] ddpm = experiment.run(Ddpm.defaults(), sigmas, law, STARTS);
    double[] ddim = experiment.run(new Ddim(1), sigmas, law, STARTS);
    verdicts.add(
        Verdict.equal(
            CHAIN,
            "ddim eta 1 is ddpm fixed-small, 1000 steps of noise",
            Experiment.farthest(ddpm, ddim),
            2e-12));
    double[] table = Discrete.defaults().sigmas();
    double abar = 1 / (1 + table[500] * table[500]);
    double before = 1 / (1 + table[499] * table[499]);
    double small = (1 - abar / before) * (1 - before) / (1 - abar);
    verdicts.add(
        new Verdict(CHAIN, "root of btilde at step 500", .10025635, Math.sqrt(small), 1e-8));
  }

  /** Guided between two Gaussians of one width, the flow is that of a third. */
  private void guidance() {
    double[] sigmas = karras(40);
    Shape shape = Shape.of(STARTS.length, 1);
    for (double w : new double[] {0, 1, 2.5}) {
      try (Law.Ideal model = Mixture.gaussian(.6, .5).denoiser(experiment.runtime(), shape);
          Law.Ideal reference = Mixture.gaussian(-.2, .5).denoiser(experiment.runtime(), shape);
          Guided guided =
              new Guided(experiment.runtime(), shape, model, reference, Guidance.of(w))) {
        double[] ends = experiment.run(Heun.defaults(), sigmas, guided, NoiseSource.none(), STARTS);
        double[] expected =
            experiment.run(Heun.defaults(), sigmas, Mixture.gaussian(-.2 + w * .8, .5), STARTS);
        verdicts.add(
            Verdict.equal(
                "guidance",
                "weight " + w + ": the Gaussian of mean m_u + w (m_c - m_u)",
                Experiment.farthest(ends, expected),
                1e-12));
        if (w == 1) {
          verdicts.add(
              new Verdict("guidance", "weight 1: calls of the reference", 0, reference.calls(), 0));
        }
      }
    }
  }
}
