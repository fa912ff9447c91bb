package dev.tessera.jobs.verify;

import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.sampler.Ddim;
import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Dpmpp2m;
import dev.tessera.models.diffusion.sampler.Dpmpp2mSde;
import dev.tessera.models.diffusion.sampler.Dpmpp2s;
import dev.tessera.models.diffusion.sampler.Euler;
import dev.tessera.models.diffusion.sampler.FlowSde;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.ReverseDiffusion;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.sampler.UniPc;
import dev.tessera.models.diffusion.space.Betas;
import dev.tessera.models.diffusion.space.Cosine;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.diffusion.space.Linear;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The law that samples shall have, whatever the sampler's own recursion says: 50 steps of each grid
 * lead to N(0, 1/4), from noise alone too.
 */
final class LawChecks {

  private static final String TOPIC = "law";
  private static final int STEPS = 50;
  private static final double DEVIATION = 0.5;
  private static final double FIRST_ORDER = 0.15;
  private static final double SECOND_ORDER = 0.09;

  private LawChecks() {}

  private static Map<String, Grid> grids() {
    Map<String, Grid> grids = new LinkedHashMap<>();
    grids.put("karras", Grid.Karras.defaults());
    grids.put("flow", Grid.Flow.defaults());
    grids.put("dynamic-flow", Grid.DynamicFlow.defaults());
    grids.put("linear to time 1", new Grid.UniformTime(new Linear(), 1e-3, 1));
    grids.put("cosine to time 1", new Grid.UniformTime(new Cosine(), 1e-3, 1));
    grids.put(
        "zero terminal SNR",
        new Grid.Respaced(
            new Discrete(Betas.Linear.defaults(), 1000, true), Grid.Spacing.TRAILING, false));
    grids.put(
        "cosine steps",
        new Grid.Respaced(
            new Discrete(Betas.SquaredCosine.defaults(), 1000, false), Grid.Spacing.EVEN, false));
    return grids;
  }

  private record Banded(Sampler sampler, double band) {}

  private static Map<String, Banded> samplers() {
    Map<String, Banded> samplers = new LinkedHashMap<>();
    samplers.put("euler", new Banded(new Euler(), FIRST_ORDER));
    samplers.put("ddim eta 1", new Banded(new Ddim(1), FIRST_ORDER));
    samplers.put("ddpm", new Banded(new Ddpm(Ddpm.Variance.FIXED_LARGE), FIRST_ORDER));
    samplers.put(
        "reverse-diffusion VP",
        new Banded(new ReverseDiffusion(ReverseDiffusion.Form.VP), FIRST_ORDER));
    samplers.put("flow-sde", new Banded(FlowSde.defaults(), FIRST_ORDER));
    samplers.put("heun", new Banded(Heun.defaults(), SECOND_ORDER));
    samplers.put("heun, churn 20", new Banded(new Heun(20, 0, 1e9, 1, 1), SECOND_ORDER));
    samplers.put("dpmpp-2m", new Banded(Dpmpp2m.defaults(), SECOND_ORDER));
    samplers.put("dpmpp-2s", new Banded(new Dpmpp2s(), SECOND_ORDER));
    samplers.put("dpmpp-2m-sde", new Banded(Dpmpp2mSde.defaults(), SECOND_ORDER));
    samplers.put("uni-pc", new Banded(UniPc.defaults(), SECOND_ORDER));
    samplers.put("uni-pc of order 3, B = h", new Banded(new UniPc(3, true), SECOND_ORDER));
    samplers.put("runge-kutta", new Banded(new RungeKutta(new Linear(), 1e-4, 1e-4), SECOND_ORDER));
    return samplers;
  }

  static List<Verdict> run(Experiment experiment) {
    List<Verdict> verdicts = new ArrayList<>();
    samplers()
        .forEach(
            (name, banded) -> {
              double farthest = 1;
              for (Grid grid : grids().values()) {
                double[] sigmas = grid.sigmas(STEPS);
                banded.sampler.check(sigmas, DEVIATION);
                double ratio =
                    experiment.deviation(banded.sampler, sigmas, Mixture.gaussian(0, DEVIATION))
                        / DEVIATION;
                if (!(Math.abs(ratio - 1) <= Math.abs(farthest - 1))) {
                  farthest = ratio;
                }
              }
              verdicts.add(
                  new Verdict(
                      TOPIC,
                      name + ": farthest stdRatio of " + grids().size() + " grids, 50 steps",
                      1,
                      farthest,
                      banded.band));
            });
    return verdicts;
  }
}
