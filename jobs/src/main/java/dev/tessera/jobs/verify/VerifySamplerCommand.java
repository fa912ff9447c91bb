package dev.tessera.jobs.verify;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.diffusion.sampler.Grid;
import dev.tessera.models.diffusion.sampler.Sampler;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tessera verify sampler}. */
@Command(
    name = "sampler",
    description = {
      "Run a sampler on a law whose best denoiser is known, in float64, and print the samples'",
      "standard deviation over the law's, beside what a recursion says. Exit code 1 if they differ",
      "or the law is missed by more than the key band, .3 if not given."
    })
public final class VerifySamplerCommand implements Callable<Integer> {

  @Option(names = "--law", description = "gaussian (the default), two-points or three-bells.")
  private String law;

  @Option(names = "--sd", description = "Standard deviation of the Gaussian; .5 if not given.")
  private Double sd;

  @Option(names = "--sampler", description = "A recipe's name for it, such as heun or dpmpp-2m.")
  private String sampler;

  @Option(names = "--grid", description = "A recipe's name for it, such as karras or flow.")
  private String grid;

  @Option(names = "--steps", description = "How many; 18 if not given.")
  private Integer steps;

  @Parameters(
      paramLabel = "key=value",
      description = "Keys of the choices, such as sampler.churn=40 or grid.sigma-max=50.")
  private List<String> overrides = new ArrayList<>();

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    SamplerCase of =
        new CaseOverrides()
            .flag("law", law)
            .flag("law.sd", sd)
            .flag("sampler", sampler)
            .flag("grid", grid)
            .flag("steps", steps)
            .all(overrides)
            .apply(SamplerCase.defaults());
    SamplerTrial.Found found;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      found = SamplerTrial.run(runtime, of);
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("law", CaseOverrides.name(KnownLaw.class, of.law()));
    fields.put("sampler", CaseOverrides.name(Sampler.class, of.sampler()));
    fields.put("grid", CaseOverrides.name(Grid.class, of.grid()));
    fields.putAll(found.fields());
    fields.put("warning", of.drawing().warning().orElse(null));
    Console out = console.console();
    if (out.mode() == Console.Mode.JSON) {
      out.result("sampler", fields);
    } else {
      out.say(line(fields, found));
      of.drawing().warning().ifPresent(out::say);
    }
    return found.passes() ? 0 : 1;
  }

  private static String line(Map<String, Object> fields, SamplerTrial.Found found) {
    String expected =
        found.expected().isPresent()
            ? String.format(
                Locale.ROOT,
                "expected %.12g  off %.1e of %.1e  %s",
                found.expected().getAsDouble(),
                Math.abs(found.stdRatio() - found.expected().getAsDouble()),
                found.tolerance(),
                found.follows() ? "ok" : "FAILED")
            : "no closed form";
    String law =
        String.format(
            Locale.ROOT,
            "off the law by %.3g of %.3g  %s",
            Math.abs(found.stdRatio() - 1),
            found.of().band(),
            found.lawful() ? "ok" : "FAILED, closer levels or another sampler would come nearer");
    return String.format(
        Locale.ROOT,
        "%s on %s, %s, %d steps, %d calls  stdRatio %.12g%s  %s  %s",
        fields.get("sampler"),
        fields.get("law"),
        fields.get("grid"),
        found.of().steps(),
        found.evaluations(),
        found.stdRatio(),
        found.exact() ? "" : " (of " + found.of().samples() + " samples)",
        expected,
        law);
  }
}
