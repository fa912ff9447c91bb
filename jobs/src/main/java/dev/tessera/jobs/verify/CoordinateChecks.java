package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Design;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import dev.tessera.models.diffusion.space.NoiseDistribution;
import dev.tessera.models.diffusion.space.Numbers;
import dev.tessera.models.diffusion.space.Path;
import dev.tessera.models.diffusion.space.Preconditioning;
import dev.tessera.models.diffusion.space.Prediction;
import dev.tessera.models.diffusion.space.SubVariancePreserving;
import dev.tessera.models.diffusion.space.VarianceExploding;
import dev.tessera.models.diffusion.space.VariancePreserving;
import dev.tessera.models.diffusion.space.Weighting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The one coordinate system: conversions, weights, published tables. */
final class CoordinateChecks {

  private static final String SPACE = "coordinates";
  private static final String TABLE = "tables";
  private static final double DEVIATION = 0.5;
  private static final double[] LEVELS = {0.01, 0.1, 0.5, 1, 3, 20, 45};

  private final List<Verdict> verdicts = new ArrayList<>();

  private CoordinateChecks() {}

  static List<Verdict> run() {
    CoordinateChecks checks = new CoordinateChecks();
    checks.paths();
    checks.predictions();
    checks.preconditioning();
    checks.weights();
    checks.levels();
    checks.tables();
    return checks.verdicts;
  }

  private static Map<String, Path> continuous() {
    Map<String, Path> paths = new LinkedHashMap<>();
    paths.put("linear", new Linear());
    paths.put("VP", VariancePreserving.defaults());
    paths.put("sub-VP", SubVariancePreserving.defaults());
    paths.put("VE", VarianceExploding.defaults());
    paths.put("cosine", new Cosine());
    return paths;
  }

  /** Times and levels are each other's inverse; rates are the derivatives. */
  private void paths() {
    continuous()
        .forEach(
            (name, path) -> {
              double round = 0;
              double rate = 0;
              for (double sigma : LEVELS) {
                double time = path.time(sigma);
                round = Math.max(round, Math.abs(path.sigma(time) / sigma - 1));
                double h = 1e-6 * Math.max(time, 0.01);
                double slope = (scaled(path, time + h) - scaled(path, time - h)) / (2 * h);
                double said = path.noiseRate(Numbers.of(time)).value();
                rate = Math.max(rate, Math.abs(slope / said - 1));
              }
              verdicts.add(
                  Verdict.equal(SPACE, name + ": sigma(t(sigma)) = sigma, relative", round, 1e-12));
              verdicts.add(
                  Verdict.equal(SPACE, name + ": s' is the slope of s, relative", rate, 1e-6));
            });
  }

  private static double scaled(Path path, double time) {
    return path.sigma(time) * path.scale(path.sigma(time));
  }

  /** x0 comes back from what each network says, and so does the noise. */
  private void predictions() {
    for (Prediction prediction : Prediction.values()) {
      double farthest = 0;
      for (Path path : continuous().values()) {
        Design design = new Design(path, prediction, new Preconditioning.Edm(), DEVIATION);
        for (double sigma : LEVELS) {
          double x0 = 0.7;
          double eps = -1.3;
          Numbers level = Numbers.of(sigma);
          Prediction.Target<Numbers> target = design.target(level);
          double said = target.data().value() * x0 + target.noise().value() * eps;
          double clean =
              design.skip(level).value() * (x0 + sigma * eps) + design.out(level).value() * said;
          farthest = Math.max(farthest, Math.abs(clean - x0) / Math.max(1, sigma));
        }
      }
      String name = prediction.name().toLowerCase(Locale.ROOT).replace('_', '-');
      verdicts.add(
          Verdict.equal(SPACE, name + " on every path: x0 = skip x + out F", farthest, 1e-12));
    }
  }

  private static Design edm(double deviation) {
    return new Design(new Linear(), Prediction.EDM, new Preconditioning.Edm(), deviation);
  }

  private void preconditioning() {
    Numbers levels = Numbers.of(0.5, 1);
    Design edm = edm(DEVIATION);
    double[][] golden = {
      {.5, .2}, {.353553391, .447213595}, {1.414213562, .894427191}, {-.173286795, 0}, {8, 5}
    };
    String[] names = {"c_skip", "c_out", "c_in", "c_noise", "weight"};
    List<Numbers> found =
        List.of(
            edm.skip(levels),
            edm.out(levels),
            edm.in(levels),
            edm.noise(levels),
            new Weighting.Edm().weight(levels, new Linear(), DEVIATION));
    for (int i = 0; i < names.length; i++) {
      verdicts.add(
          new Verdict(
              TABLE,
              "EDM " + names[i] + " at sigma .5",
              golden[i][0],
              found.get(i).values()[0],
              1e-9));
      verdicts.add(
          new Verdict(
              TABLE,
              "EDM " + names[i] + " at sigma 1",
              golden[i][1],
              found.get(i).values()[1],
              1e-9));
    }
    double variance = 0;
    double correlation = 0;
    double asV = 0;
    Path vp = VariancePreserving.defaults();
    for (double sigma : LEVELS) {
      Prediction.Target<Numbers> f = edm.target(Numbers.of(sigma));
      double data = f.data().value();
      double noise = f.noise().value();
      variance = Math.max(variance, Math.abs(data * data / 4 + noise * noise - 1));
      correlation = Math.max(correlation, Math.abs(data / 4 + noise * sigma) / (1 + sigma));
      Prediction.Target<Numbers> one = edm(1).target(Numbers.of(sigma));
      Prediction.Target<Numbers> v = Prediction.V.of(Numbers.of(sigma), vp, 1);
      asV =
          Math.max(
              asV,
              Math.abs(one.data().value() + v.data().value())
                  + Math.abs(one.noise().value() + v.noise().value()));
    }
    verdicts.add(Verdict.equal(SPACE, "EDM's F has variance 1 at every level", variance, 1e-12));
    verdicts.add(
        Verdict.equal(SPACE, "EDM's F is uncorrelated with its input", correlation, 1e-12));
    verdicts.add(Verdict.equal(SPACE, "EDM's F of data of deviation 1 is -v", asV, 1e-12));
  }

  /** A prediction's own squared error is a weight of the data's. */
  private void weights() {
    Path vp = VariancePreserving.defaults();
    same("squared error of eps is weight eps", Prediction.EPS, vp, new Weighting.Eps());
    same("squared error of v is weight v", Prediction.V, vp, new Weighting.V());
    same(
        "squared error of velocity is weight flow",
        Prediction.FLOW,
        new Linear(),
        new Weighting.Flow());
    same("squared error of EDM's F is weight edm", Prediction.EDM, vp, new Weighting.Edm());
    same("squared error of x0 is weight data", Prediction.X0, vp, new Weighting.Data());
    double off = 0;
    for (double sigma : LEVELS) {
      double w = new Weighting.MinSnr(5).weight(Numbers.of(sigma), vp, DEVIATION).value();
      off = Math.max(off, Math.abs(w - Math.min(1 / (sigma * sigma), 5)));
    }
    verdicts.add(Verdict.equal(SPACE, "min-SNR-5 is min(1/sigma^2, 5)", off, 1e-12));
  }

  private void same(String what, Prediction prediction, Path path, Weighting weighting) {
    Design design = new Design(path, prediction, new Preconditioning.Edm(), DEVIATION);
    double off = 0;
    for (double sigma : LEVELS) {
      off = Math.max(off, Math.abs(design.weight(weighting, Numbers.of(sigma)).value() - 1));
    }
    verdicts.add(Verdict.equal(SPACE, what, off, 1e-11));
  }

  private void levels() {
    double off = 0;
    double shifted = 0;
    for (double z : new double[] {-2, -.5, 0, 1, 2.5}) {
      Numbers drawn = Numbers.of(z);
      double logit =
          new NoiseDistribution.LogitNormal(-.3, 1.1, 1).sigma(drawn, new Linear()).value();
      double log = new NoiseDistribution.LogNormal(-.3, 1.1).sigma(drawn, new Linear()).value();
      off = Math.max(off, Math.abs(logit / log - 1));
      double three =
          new NoiseDistribution.LogitNormal(-.3, 1.1, 3).sigma(drawn, new Linear()).value();
      double mean =
          new NoiseDistribution.LogNormal(-.3 + Math.log(3), 1.1)
              .sigma(drawn, new Linear())
              .value();
      shifted = Math.max(shifted, Math.abs(three / mean - 1));
    }
    verdicts.add(Verdict.equal(SPACE, "logit-normal times are log-normal levels", off, 1e-12));
    verdicts.add(Verdict.equal(SPACE, "SD3's shift k moves the mean by ln k", shifted, 1e-12));
  }

  private void table(String what, double expected, double measured) {
    double tolerance = 6e-9 * Math.max(1e-3, Math.abs(expected));
    verdicts.add(new Verdict(TABLE, what, expected, measured, tolerance));
  }

  private void tables() {
    Path vp = VariancePreserving.defaults();
    table("VP sigma(.5)", 3.4129183, round(vp.sigma(.5), 7));
    table("VP sigma(1)", 152.16697, round(vp.sigma(1.0), 5));
    table("VP a(.5)", .281182881, vp.scale(vp.sigma(.5)));
    table("VP s(.5)", .959654202, scaled(vp, .5));
    table("sub-VP s(.5)", .920936188, scaled(SubVariancePreserving.defaults(), .5));
    table("DDPM linear abar_1", .9999, abar(Betas.Linear.defaults(), 1));
    table("DDPM linear abar_500", .0785872429, abar(Betas.Linear.defaults(), 500));
    table("DDPM linear abar_1000", 4.03582977e-5, abar(Betas.Linear.defaults(), 1000));
    table("iDDPM cosine abar_500", .493843590, abar(Betas.SquaredCosine.defaults(), 500));
    table("Stable Diffusion abar_500", .277669650, abar(Betas.ScaledLinear.defaults(), 500));
    table("Stable Diffusion abar_1000", .00466009851, abar(Betas.ScaledLinear.defaults(), 1000));
    double[] iddpm = new Discrete(Betas.SquaredCosine.defaults(), 1000, false).sigmas();
    table("iDDPM u_0", 20291.1696, round(iddpm[999], 4));
    table("iDDPM u_500", 1.0123896, round(iddpm[499], 7));
    table("iDDPM u_999", .0064254128, round(iddpm[0], 10));
    double[] published = {
      80, 57.586, 40.7856, 28.3746, 19.3525, 12.9101, 8.40094, 5.31519, 3.25682, 1.92334, 1.08817,
      .585348, .296442, .139516, .0599473, .0229345, .00752802, .002, 0
    };
    double off = 0;
    double[] karras = Grid.Karras.defaults().sigmas(18);
    for (int i = 0; i < published.length; i++) {
      off = Math.max(off, Math.abs(karras[i] - published[i]) / Math.max(1e-3, published[i]));
    }
    verdicts.add(Verdict.equal(TABLE, "EDM's 18 levels, relative to six digits", off, 1e-5));
    double[] shift = Grid.times(new Grid.Flow(3).sigmas(4), new Linear());
    double[] sd3 = {1, .9, .75, .5, 0};
    verdicts.add(
        Verdict.equal(
            TABLE, "SD3's times, 4 steps, shift 3", Experiment.farthest(shift, sd3), 1e-7));
  }

  private static double abar(Betas betas, int step) {
    double sigma = new Discrete(betas, 1000, false).sigmas()[step - 1];
    return 1 / (1 + sigma * sigma);
  }

  /** To the digits that were published. */
  private static double round(double value, int digits) {
    double unit = Math.pow(10, digits);
    return Math.rint(value * unit) / unit;
  }
}
