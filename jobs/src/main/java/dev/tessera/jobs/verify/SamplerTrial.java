package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.diffusion.sampler.PredictorCorrector;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;

/** One sampler on one law. */
final class SamplerTrial {

  private SamplerTrial() {}

  /**
   * What was found.
   *
   * @param evaluations calls of the denoiser; an estimate for adaptive steps
   * @param stdRatio the samples' standard deviation over the law's
   * @param exact whether it is computed and not estimated from samples
   * @param expected stdRatio by a recursion, where there is one
   * @param tolerance of the difference
   */
  record Found(
      SamplerCase of,
      int evaluations,
      double stdRatio,
      boolean exact,
      OptionalDouble expected,
      double tolerance) {

    /** Whether the sampler takes its paper's steps. */
    boolean follows() {
      return expected.isEmpty() || Math.abs(stdRatio - expected.getAsDouble()) <= tolerance;
    }

    /** Whether these steps lead to the law. */
    boolean lawful() {
      double estimated = exact ? 0 : 4 / Math.sqrt(2.0 * of.samples());
      return Math.abs(stdRatio - 1) <= of.band() + estimated;
    }

    boolean passes() {
      return follows() && lawful();
    }

    Map<String, Object> fields() {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("steps", of.steps());
      fields.put("evaluations", evaluations);
      fields.put("stdRatio", stdRatio);
      fields.put("exact", exact);
      fields.put("expected", expected.isPresent() ? expected.getAsDouble() : null);
      fields.put("tolerance", expected.isPresent() ? tolerance : null);
      fields.put("band", of.band());
      fields.put("lawful", lawful());
      fields.put("passes", passes());
      return fields;
    }
  }

  static Found run(TorchRuntime runtime, SamplerCase of) {
    double[] sigmas = of.grid().sigmas(of.steps());
    Mixture law = of.law().mixture();
    Experiment experiment = new Experiment(runtime);
    // The corrector's steps depend on its samples' norms, so that it is not linear.
    boolean exact =
        of.law() instanceof KnownLaw.Gaussian && !(of.sampler() instanceof PredictorCorrector);
    double deviation =
        exact
            ? experiment.deviation(of.sampler(), sigmas, law)
            : Experiment.deviation(
                experiment.run(
                    of.sampler(),
                    sigmas,
                    law,
                    noise(experiment, of),
                    Experiment.standardised(of.samples(), of.seed())));
    OptionalDouble expected = OptionalDouble.empty();
    if (exact) {
      OptionalDouble known =
          new GaussianRecursion(law.deviation() * law.deviation(), sigmas).deviation(of.sampler());
      expected =
          known.isPresent() ? OptionalDouble.of(known.getAsDouble() / law.deviation()) : known;
    }
    double tolerance =
        of.sampler() instanceof RungeKutta adaptive
            ? 100 * Math.max(adaptive.rtol(), adaptive.atol())
            : 1e-9;
    int calls = of.sampler().evaluations(sigmas);
    return new Found(of, calls, deviation / law.deviation(), exact, expected, tolerance);
  }

  private static NoiseSource noise(Experiment experiment, SamplerCase of) {
    return draw -> experiment.tensor(Experiment.normals(of.samples(), of.seed(), draw + 1L));
  }
}
