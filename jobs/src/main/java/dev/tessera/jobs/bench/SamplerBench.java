package dev.tessera.jobs.bench;

import dev.tessera.jobs.config.RecipeWriter;
import dev.tessera.jobs.run.Console;
import dev.tessera.models.diffusion.DiffusionModel;
import dev.tessera.models.diffusion.DiffusionRecipe;
import dev.tessera.models.diffusion.Signal;
import dev.tessera.models.diffusion.sampler.AnnealedLangevin;
import dev.tessera.models.diffusion.sampler.Chain;
import dev.tessera.models.diffusion.sampler.Ddim;
import dev.tessera.models.diffusion.sampler.Ddpm;
import dev.tessera.models.diffusion.sampler.Denoiser;
import dev.tessera.models.diffusion.sampler.Dpmpp2m;
import dev.tessera.models.diffusion.sampler.Dpmpp2mSde;
import dev.tessera.models.diffusion.sampler.Dpmpp2s;
import dev.tessera.models.diffusion.sampler.Euler;
import dev.tessera.models.diffusion.sampler.EulerMaruyama;
import dev.tessera.models.diffusion.sampler.FlowSde;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Heun;
import dev.tessera.models.diffusion.sampler.NoiseSource;
import dev.tessera.models.diffusion.sampler.PredictorCorrector;
import dev.tessera.models.diffusion.sampler.ReverseDiffusion;
import dev.tessera.models.diffusion.sampler.RungeKutta;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.diffusion.sampler.UniPc;
import dev.tessera.models.graph.DType;
import dev.tessera.models.graph.Initializer;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.Executable;
import dev.tessera.models.runtime.Libtorch;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Results;
import dev.tessera.models.runtime.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A sampler's own time: the whole of drawing, less the calls of the network and less the making of
 * normal numbers, which any way of drawing needs.
 */
final class SamplerBench {

  private final SamplerBenchRecipe recipe;
  private final BenchReport report;

  private SamplerBench(SamplerBenchRecipe recipe, BenchReport report) {
    this.recipe = recipe;
    this.report = report;
  }

  static void run(SamplerBenchRecipe recipe, Console console) throws IOException {
    SamplerBench bench = new SamplerBench(recipe, BenchReport.start("sampler", console));
    bench.measure();
    bench.report.write(Path.of(recipe.output()));
  }

  private static List<Sampler> samplers() {
    return List.of(
        new Euler(),
        Heun.defaults(),
        Ddim.defaults(),
        Ddpm.defaults(),
        Dpmpp2m.defaults(),
        new Dpmpp2s(),
        Dpmpp2mSde.defaults(),
        UniPc.defaults(),
        RungeKutta.defaults(),
        EulerMaruyama.defaults(),
        ReverseDiffusion.defaults(),
        PredictorCorrector.defaults(),
        new AnnealedLangevin(2, 2e-5, true),
        FlowSde.defaults());
  }

  /** Seconds of one drawing. */
  private static final class Times {
    private double network;
    private double noise;
    private int calls;
  }

  private void measure() {
    Libtorch.useThreads(1);
    Signal signal = Signal.latents(recipe.channels(), recipe.side(), recipe.side(), 0, 1);
    DiffusionRecipe choices =
        DiffusionRecipe.defaults().with(recipe.backbone()).withClasses(false, 0);
    DiffusionModel model = new DiffusionModel(choices, signal, 0);
    Shape shape = model.shape(recipe.batch());
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        Executable program = runtime.load(model.denoiser(recipe.batch(), false));
        NativeTensor weights = fresh(runtime, model.layout());
        NativeTensor level = runtime.zeros(DType.FLOAT64, Shape.of());
        NativeTensor start = normal(runtime, shape, 0);
        Chain chain = new Chain(runtime, shape)) {
      for (Sampler sampler : samplers()) {
        double[] shares = new double[recipe.rounds()];
        Times last = new Times();
        double seconds = 0;
        // The first drawing loads the sampler's programs and does not count.
        for (int round = -1; round < recipe.rounds(); round++) {
          Times times = new Times();
          Denoiser denoiser =
              (x, sigma) -> {
                long before = System.nanoTime();
                level.set(sigma);
                try (Results told = program.run(weights, x, level)) {
                  NativeTensor clean = told.take(0);
                  times.network += (System.nanoTime() - before) / 1e9;
                  times.calls++;
                  return clean;
                }
              };
          NoiseSource noise =
              draw -> {
                long before = System.nanoTime();
                NativeTensor drawn = normal(runtime, shape, draw + 1L);
                times.noise += (System.nanoTime() - before) / 1e9;
                return drawn;
              };
          double[] sigmas = new Grid.Karras(0.05, 20, 7).sigmas(recipe.steps());
          long before = System.nanoTime();
          chain.sample(sampler, denoiser, sigmas, start, noise).close();
          double all = (System.nanoTime() - before) / 1e9;
          if (round >= 0) {
            shares[round] = (all - times.network - times.noise) / times.network;
          }
          last = times;
          seconds = all;
        }
        tell(sampler, shares, last, seconds);
      }
    }
  }

  private void tell(Sampler sampler, double[] shares, Times last, double seconds) {
    String type = RecipeWriter.write(Sampler.class, sampler).lines().findFirst().orElseThrow();
    String name = type.substring("type: ".length());
    Spread share = Spread.of(shares);
    report.row(
        Map.of(
            "sampler", name,
            "calls", last.calls,
            "seconds", seconds,
            "noiseSeconds", last.noise,
            "ownShare", share));
    report.line(
        String.format(
            Locale.ROOT,
            "%-20s %4d calls, %7.1f ms a call, own work %s %% of them (range), noise %.1f %%",
            name,
            last.calls,
            1e3 * last.network / last.calls,
            share.text(100),
            100 * last.noise / last.network));
  }

  private static NativeTensor normal(TorchRuntime runtime, Shape shape, long key) {
    float[] values = new Initializer.Normal(1).values(shape, key);
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    NativeTensor tensor = runtime.zeros(DType.FLOAT64, shape);
    tensor.set(wide);
    return tensor;
  }

  private static NativeTensor fresh(TorchRuntime runtime, Layout layout) {
    NativeTensor flat = runtime.zeros(DType.FLOAT32, Shape.of(layout.size()));
    layout.initialize(7, flat.memory());
    return flat;
  }
}
