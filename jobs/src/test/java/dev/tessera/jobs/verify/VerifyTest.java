package dev.tessera.jobs.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.models.diffusion.sampler.Sampler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The command as a user runs it. */
final class VerifyTest {

  private record Told(int code, String error, List<JsonNode> lines) {
    JsonNode last() {
      return lines.get(lines.size() - 1);
    }
  }

  private static Told verify(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("verify"));
    all.addAll(List.of(arguments));
    all.add("--json");
    PrintStream out = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    AtTheTerminal.Ended ended;
    try {
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      ended = AtTheTerminal.run(all);
    } finally {
      System.setOut(out);
    }
    List<JsonNode> lines = new ArrayList<>();
    for (String line : bytes.toString(StandardCharsets.UTF_8).lines().toList()) {
      if (line.startsWith("{")) {
        lines.add(new ObjectMapper().readTree(line));
      }
    }
    return new Told(ended.code(), ended.error(), lines);
  }

  @Test
  void everyClosedFormHolds() throws IOException {
    Told told = verify();
    List<String> failed = new ArrayList<>();
    Set<String> topics = new TreeSet<>();
    for (JsonNode line : told.lines()) {
      if (line.get("kind").textValue().equals("verdict")) {
        topics.add(line.get("topic").textValue());
        if (!line.get("passes").booleanValue()) {
          failed.add(line.toString());
        }
      }
    }
    assertThat(failed).isEmpty();
    assertThat(told.code()).as(told.error()).isZero();
    assertThat(told.last().get("failed").intValue()).isZero();
    assertThat(topics)
        .containsExactlyInAnyOrder(
            "coordinates",
            "tables",
            "flow",
            "gaussian",
            "law",
            "chain",
            "guidance",
            "likelihood",
            "objective",
            "allreduce");
  }

  @Test
  void aVerdictThatIsMissedFails() {
    assertThat(new Verdict("topic", "what", 1, 1 + 2e-3, 1e-3).passes()).isFalse();
    assertThat(new Verdict("topic", "what", 1, Double.NaN, 1e-3).passes()).isFalse();
    assertThat(new Verdict("topic", "what", 1, 1 + 2e-3, 1e-3).line()).startsWith("FAILED");
    assertThat(new Verdict("topic", "what", 1, 1 + 1e-4, 1e-3).passes()).isTrue();
  }

  /** Euler's ratio on the grid of 18 steps, from the step that its paper has. */
  @Test
  void aSingleSamplerTellsItsRatioBesideTheRecursion() throws IOException {
    double x = 80;
    double high = Math.pow(80, 1 / 7.);
    double low = Math.pow(.002, 1 / 7.);
    for (int i = 0; i < 18; i++) {
      double s = Math.pow(high + i * (low - high) / 17, 7);
      double t = i == 17 ? 0 : Math.pow(high + (i + 1) * (low - high) / 17, 7);
      x += (t - s) * (x - .25 / (.25 + s * s) * x) / s;
    }
    Told told =
        verify(
            "sampler",
            "--law",
            "gaussian",
            "--sd",
            "0.5",
            "--sampler",
            "euler",
            "--grid",
            "karras",
            "--steps",
            "18");
    assertThat(told.code()).as(told.error()).isZero();
    assertThat(told.last().get("stdRatio").doubleValue()).isCloseTo(x / .5, within(1e-12));
    assertThat(told.last().get("expected").doubleValue()).isCloseTo(x / .5, within(1e-12));
    assertThat(told.last().get("sampler").textValue()).isEqualTo("euler");
    assertThat(told.last().get("evaluations").intValue()).isEqualTo(18);
  }

  /**
   * One list: every sampler that there is has a name here, and meets its recursion if it has one.
   */
  @Test
  void everySamplerOfTheListRuns() throws IOException {
    List<String> without = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Class<?> type : Sampler.class.getPermittedSubclasses()) {
      String name = type.getSimpleName().replaceAll("(?<=[a-z])(?=[A-Z0-9])", "-");
      names.add(name.toLowerCase(Locale.ROOT));
    }
    for (String name : names) {
      List<String> arguments =
          new ArrayList<>(List.of("sampler", "--sampler", name, "--steps", "24", "samples=2000"));
      if (name.equals("annealed-langevin")) {
        arguments.addAll(List.of("--grid", "ve", "grid.sigma-max=1", "sampler.steps=20"));
        arguments.add("sampler.rate=6e-5");
      }
      Told told = verify(arguments.toArray(String[]::new));
      assertThat(told.code()).as("%s: %s %s", name, told.error(), told.lines()).isZero();
      if (told.last().get("expected").isNull()) {
        assertThat(told.last().get("stdRatio").doubleValue()).as(name).isBetween(.3, 3.0);
        without.add(name);
      }
    }
    assertThat(without).containsExactly("predictor-corrector");
    assertThat(names).hasSize(14);
  }

  /** The real law, not only the sampler's own recursion. */
  @Test
  void aSamplerThatMissesTheLawFails() throws IOException {
    Told heun = verify("sampler", "--sampler", "heun", "--grid", "flow", "--steps", "18");
    assertThat(heun.code()).as(heun.error()).isZero();
    assertThat(heun.last().get("stdRatio").doubleValue()).isCloseTo(1, within(.01));
    Told few = verify("sampler", "--sampler", "euler", "--steps", "5");
    assertThat(few.code()).isEqualTo(1);
    assertThat(few.last().get("lawful").booleanValue()).isFalse();
    double expected = few.last().get("expected").doubleValue();
    assertThat(few.last().get("stdRatio").doubleValue()).isCloseTo(expected, within(1e-12));
    assertThat(verify("sampler", "--sampler", "euler", "--steps", "5", "band=.6").code()).isZero();
  }

  @Test
  void aLikelihoodIsToldBesideTheDensity() throws IOException {
    Told told =
        verify("likelihood", "--law", "gaussian", "--sd", "2", "--path", "linear", "at=[1]");
    assertThat(told.code()).as(told.error()).isZero();
    double exact = -1 / 8. - Math.log(2 * Math.PI * 4) / 2;
    assertThat(told.last().get("nats").get(0).doubleValue()).isCloseTo(exact, within(3e-3));
    assertThat(told.last().get("expected").get(0).doubleValue()).isCloseTo(exact, within(1e-12));
  }

  /** Eight ranks of 64 numbers send 112 each; three of ten 14, 13 and 13. */
  @Test
  void aSumTellsItsBytes() throws IOException {
    Told eight = verify("allreduce", "--ranks", "8", "--length", "64", "--algorithm", "ring");
    assertThat(eight.code()).as(eight.error()).isZero();
    eight.last().get("bytes").forEach(b -> assertThat(b.longValue()).isEqualTo(4 * 112));
    Told three = verify("allreduce", "--ranks", "3", "--length", "10", "--algorithm", "ring");
    long[] bytes = new long[3];
    for (int i = 0; i < 3; i++) {
      bytes[i] = three.last().get("bytes").get(i).longValue();
    }
    Arrays.sort(bytes);
    assertThat(bytes).containsExactly(4 * 13, 4 * 13, 4 * 14);
    assertThat(verify("allreduce", "--ranks", "5", "--algorithm", "tree").code()).isZero();
  }

  @Test
  void mistakesAreOneSentenceWithTheNearestChoice() throws IOException {
    mistake("nearest: heun", "sampler", "--sampler", "hein");
    mistake("nearest: karras", "sampler", "--grid", "karas");
    mistake("nearest: gaussian", "sampler", "--law", "gausian");
    mistake("steps: 1 (expected: 2 or more)", "sampler", "--steps", "1");
    mistake("sd: -1.0 (expected: above 0)", "sampler", "--sd", "-1");
    mistake(
        "fixed-small or fixed-large",
        "sampler",
        "--sampler",
        "ddpm",
        "sampler.variance=learned-range");
    mistake("expected: uniform-time", "sampler", "--sampler", "euler-maruyama", "--grid", "flow");
    for (String grid : List.of("flow", "dynamic-flow")) {
      mistake("ddim with eta 1", "sampler", "--sampler", "reverse-diffusion", "--grid", grid);
      mistake("ddim with eta 1", "sampler", "--sampler", "predictor-corrector", "--grid", grid);
      mistake("cannot follow", "sampler", "--sampler", "annealed-langevin", "--grid", grid);
    }
    mistake(
        "expected: below 8.00e-06",
        "sampler",
        "--sampler",
        "annealed-langevin",
        "sampler.rate=9e-6");
    mistake("band: 0.0 (expected: above 0)", "sampler", "band=0");
    mistake("variance-preserving", "likelihood", "--path", "discrete");
    mistake("points have no density", "likelihood", "--law", "two-points");
    mistake("ranks: 0 (expected: 1 to 64)", "allreduce", "--ranks", "0");
    mistake("expected: ring or tree", "allreduce", "--algorithm", "nccl");
    mistake("nearest: ring", "allreduce", "--algorithm", "rings");
  }

  private static void mistake(String sentence, String... arguments) throws IOException {
    Told told = verify(arguments);
    assertThat(told.code()).as(told.error()).isEqualTo(2);
    assertThat(told.error()).contains(sentence);
    assertThat(told.error().strip().lines()).hasSize(1);
  }

  @Test
  void caseDefaultsAreValid() {
    assertThat(RecipeReader.override(SamplerCase.defaults(), List.of()).steps()).isEqualTo(18);
    assertThat(RecipeReader.override(LikelihoodCase.defaults(), List.of()).at()).hasSize(3);
  }
}
