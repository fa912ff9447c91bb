package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.likelihood.FlowLikelihood;
import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.models.diffusion.likelihood.ProbedDenoiser;
import dev.tessera.models.diffusion.likelihood.TraceEstimate;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;

/** The real likelihood on ideal denoisers. */
final class LikelihoodChecks {

  private static final String TOPIC = "likelihood";

  private LikelihoodChecks() {}

  static List<Verdict> run(TorchRuntime runtime) {
    List<Verdict> verdicts = new ArrayList<>();
    Path vp = VariancePreserving.defaults();
    LikelihoodRecipe tight = LikelihoodRecipe.of(vp).withTolerance(1e-10);
    double[] x = {0, .5, 1};
    double[] published = {-.22580905, -.72579135, -2.22573826};
    Followed quarter =
        follow(runtime, vp, tight, Mixture.gaussian(0, .5), new TraceEstimate.Exact(), 1, x);
    for (int i = 0; i < x.length; i++) {
      verdicts.add(
          new Verdict(
              TOPIC,
              "VP flow, N(0, 1/4): ln p(" + x[i] + ")",
              published[i],
              quarter.nats().get(i),
              1e-8));
    }
    Followed one =
        follow(
            runtime,
            vp,
            LikelihoodRecipe.of(vp),
            Mixture.gaussian(0, 1),
            new TraceEstimate.Exact(),
            1,
            x);
    verdicts.add(
        Verdict.equal(
            TOPIC,
            "VP flow, N(0, 1): the noise is the data",
            Experiment.farthest(one.noise(), x),
            1e-9));
    Mixture bells = Mixture.threeBells();
    double[] at = {-1.2, -.5, .3, .95, 1.6, .1};
    Followed exact =
        follow(runtime, vp, LikelihoodRecipe.of(vp), bells, new TraceEstimate.Exact(), 3, at);
    Followed probed =
        follow(
            runtime,
            vp,
            LikelihoodRecipe.of(vp),
            bells,
            TraceEstimate.Hutchinson.defaults(),
            3,
            at);
    verdicts.add(
        Verdict.equal(
            TOPIC,
            "one probe of signs is exact where elements do not mix",
            probed.nats().get(1) - exact.nats().get(1),
            1e-9));
    verdicts.add(
        new Verdict(
            TOPIC,
            "three bells: ln p of three numbers",
            bells.logDensity(at[0], 0) + bells.logDensity(at[1], 0) + bells.logDensity(at[2], 0),
            exact.nats().get(0),
            5e-3));
    return verdicts;
  }

  /**
   * What following a flow told.
   *
   * @param noise where the data went
   * @param nats log density of each row
   */
  record Followed(double[] noise, List<Double> nats, int evaluations) {}

  static Followed follow(
      TorchRuntime runtime,
      Path path,
      LikelihoodRecipe recipe,
      Law law,
      TraceEstimate trace,
      int width,
      double... x) {
    Shape shape = Shape.of(x.length / width, width);
    try (FlowLikelihood likelihood = new FlowLikelihood(runtime, path, recipe, shape);
        ProbedDenoiser denoiser = ProbedDenoiser.of(runtime, law, trace, shape);
        NativeTensor data = runtime.zeros(DType.FLOAT64, shape)) {
      data.set(x);
      try (FlowLikelihood.Flowed flowed = likelihood.follow(denoiser, data)) {
        return new Followed(flowed.noise().toDoubles(), flowed.nats(), flowed.evaluations());
      }
    }
  }
}
