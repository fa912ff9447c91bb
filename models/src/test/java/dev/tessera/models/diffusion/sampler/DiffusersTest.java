package dev.tessera.models.diffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.models.diffusion.law.Law;
import dev.tessera.models.diffusion.law.Mixture;
import dev.tessera.models.diffusion.space.Discrete;
import dev.tessera.models.graph.Shape;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Python;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Whole trajectories beside those of diffusers' schedulers, on one denoiser and one noise. */
final class DiffusersTest {

  private static final Mixture LAW = Mixture.threeBells();
  private static final int SAMPLES = 16;

  @RegisterExtension private static final Bench bench = new Bench();

  @TempDir private Path folder;

  private record Case(Sampler sampler, double[] sigmas, Map<String, Object> json) {}

  private static List<Case> cases() {
    double[] karras = new Grid.Karras(0.01, 40, 7).sigmas(20);
    double[] flow = IntStream.rangeClosed(0, 20).mapToDouble(i -> time(0.98 - i * 0.049)).toArray();
    List<Case> cases = new ArrayList<>();
    for (int steps : new int[] {5, 18}) {
      double[] toZero = new Grid.Karras(0.01, 40, 7).sigmas(steps);
      double[] above = Arrays.copyOf(new Grid.Karras(0.01, 40, 7).sigmas(steps + 1), steps + 1);
      for (int order : new int[] {2, 3}) {
        for (String b : List.of("bh1", "bh2")) {
          cases.add(
              of(
                  "uni_pc",
                  new UniPc(order, b.equals("bh1")),
                  // Diffusers' bh1 makes no number of a step to 0, infinity times 0.
                  b.equals("bh1") ? above : toZero,
                  Map.of("order", order, "b", b)));
        }
      }
    }
    cases.addAll(others(karras, flow));
    return cases;
  }

  private static List<Case> others(double[] karras, double[] flow) {
    return List.of(
        of("ddim", Ddim.defaults(), leading(50), Map.of("eta", 0.0)),
        of("ddim", new Ddim(0.7), leading(50), Map.of("eta", 0.7)),
        of("ddim", new Ddim(1), leading(1000), Map.of("eta", 1.0)),
        of(
            "ddpm",
            new Ddpm(Ddpm.Variance.FIXED_SMALL),
            leading(100),
            Map.of("variance", "fixed_small")),
        of(
            "ddpm",
            new Ddpm(Ddpm.Variance.FIXED_LARGE),
            leading(1000),
            Map.of("variance", "fixed_large")),
        of("euler", new Euler(), karras, Map.of()),
        of("heun", Heun.defaults(), karras, Map.of()),
        of("dpmpp_2m", Dpmpp2m.defaults(), karras, Map.of()),
        of("flow", new Euler(), flow, Map.of()));
  }

  private static double time(double t) {
    return Math.max(0, t) / (1 - t);
  }

  /** Diffusers' "leading" steps: multiples of the stride, the last of them step 0. */
  private static double[] leading(int steps) {
    double[] table = Discrete.defaults().sigmas();
    int stride = table.length / steps;
    return DoubleStream.concat(
            IntStream.range(0, steps).mapToDouble(i -> table[(steps - 1 - i) * stride]),
            DoubleStream.of(0))
        .toArray();
  }

  private static Case of(
      String scheduler, Sampler sampler, double[] sigmas, Map<String, Object> more) {
    Map<String, Object> json = new LinkedHashMap<>(more);
    json.put("scheduler", scheduler);
    json.put("steps", sigmas.length - 1);
    json.put("sigmas", sigmas);
    json.put("start", start());
    json.put(
        "noise", IntStream.range(0, sigmas.length - 1).mapToObj(DiffusersTest::noise).toList());
    json.put(
        "law",
        Map.of("weights", LAW.weights(), "means", LAW.means(), "deviations", LAW.deviations()));
    return new Case(sampler, sigmas, json);
  }

  private static double[] start() {
    return Bench.normals(new SplittableRandom(71), SAMPLES);
  }

  private static double[] noise(int draw) {
    return Bench.normals(new SplittableRandom(1000 + draw), SAMPLES);
  }

  /** x after every step, by samplers that stop there. */
  private static double[][] ours(Case given) {
    Shape shape = Shape.of(SAMPLES, 1);
    List<double[]> path = new ArrayList<>();
    try (Chain chain = new Chain(bench.runtime(), shape);
        Law.Ideal ideal = LAW.denoiser(bench.runtime(), shape);
        NativeTensor start = bench.tensor(start())) {
      double[] previous = {Double.NaN};
      Denoiser watched =
          (x, sigma) -> {
            // The first call at a level is with the state there.
            if (sigma != given.sigmas()[0] && sigma != previous[0] && isLevel(given, sigma, path)) {
              path.add(x.toDoubles());
            }
            previous[0] = sigma;
            return ideal.denoise(x, sigma);
          };
      NoiseSource noise = draw -> bench.tensor(noise(draw));
      try (NativeTensor end =
          chain.sample(given.sampler(), watched, given.sigmas(), start, noise)) {
        path.add(end.toDoubles());
      }
    }
    return path.toArray(double[][]::new);
  }

  /** Whether the next state of the trajectory belongs to this level. */
  private static boolean isLevel(Case given, double sigma, List<double[]> path) {
    return sigma == given.sigmas()[path.size() + 1];
  }

  @Test
  void trajectoriesAreThoseOfDiffusers() throws Exception {
    Python.assume("torch, diffusers");
    List<Case> cases = cases();
    Path script = folder.resolve("schedulers.py");
    try (InputStream in =
        DiffusersTest.class.getResourceAsStream("/dev/tessera/models/schedulers.py")) {
      Files.copy(in, script);
    }
    Path file = folder.resolve("cases.json");
    ObjectMapper mapper = new ObjectMapper();
    mapper.writeValue(file.toFile(), cases.stream().map(Case::json).toList());
    String said = Python.run(script, file);
    String last = said.lines().filter(line -> line.startsWith("[[")).collect(Collectors.joining());
    double[][][] theirs = mapper.readValue(last, double[][][].class);
    for (int i = 0; i < cases.size(); i++) {
      Case given = cases.get(i);
      double[][] own = ours(given);
      String name = given.json().get("scheduler") + " " + given.sampler();
      if (given.sampler() instanceof Heun) {
        // Second calls of a step are at the next level too; ends alone are compared.
        own = new double[][] {own[own.length - 1]};
        theirs[i] = new double[][] {theirs[i][theirs[i].length - 1]};
      }
      assertThat(own).as(name).hasDimensions(theirs[i].length, SAMPLES);
      for (int step = 0; step < own.length; step++) {
        double scale = Math.max(1, Arrays.stream(own[step]).map(Math::abs).max().orElseThrow());
        assertThat(own[step])
            .as("%s, step %s", name, step)
            .containsExactly(theirs[i][step], within(1e-5 * scale));
      }
    }
  }
}
