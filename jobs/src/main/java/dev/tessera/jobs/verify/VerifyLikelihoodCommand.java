package dev.tessera.jobs.verify;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.diffusion.likelihood.LikelihoodRecipe;
import dev.tessera.models.diffusion.space.Path;
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

/** {@code tessera verify likelihood}. */
@Command(
    name = "likelihood",
    description = "Follow the probability flow of a law whose density is known, in float64.")
public final class VerifyLikelihoodCommand implements Callable<Integer> {

  /** Steps at a tolerance, many of them, and what of the data is lost at the flow's ends. */
  private static final double SLACK = 200;

  private static final double ENDS = 1e-3;

  @Option(names = "--law", description = "gaussian (the default) or three-bells.")
  private String law;

  @Option(names = "--sd", description = "Standard deviation of the Gaussian; .5 if not given.")
  private Double sd;

  @Option(
      names = "--path",
      description = "A recipe's name for it; variance-preserving if not given.")
  private String path;

  @Parameters(
      paramLabel = "key=value",
      description = "Other keys: trace, tolerance, at=[0, 0.5], path.beta-max.")
  private List<String> overrides = new ArrayList<>();

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    LikelihoodCase of =
        new CaseOverrides()
            .flag("law", law)
            .flag("law.sd", sd)
            .flag("path", path)
            .all(overrides)
            .apply(LikelihoodCase.defaults());
    double[] at = of.at().stream().mapToDouble(x -> x).toArray();
    LikelihoodChecks.Followed followed;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      LikelihoodRecipe recipe = LikelihoodRecipe.of(of.path()).withTolerance(of.tolerance());
      followed =
          LikelihoodChecks.follow(
              runtime, of.path(), recipe, of.law().mixture(), of.trace(), 1, at);
    }
    Console out = console.console();
    boolean passes = true;
    for (int i = 0; i < at.length; i++) {
      Verdict verdict =
          new Verdict(
              "likelihood",
              "ln p(" + at[i] + ")",
              of.law().mixture().logDensity(at[i], 0),
              followed.nats().get(i),
              SLACK * of.tolerance() + ENDS);
      passes &= verdict.passes();
      if (out.mode() != Console.Mode.JSON) {
        out.say(verdict.line());
      }
    }
    if (out.mode() == Console.Mode.JSON) {
      out.result("likelihood", fields(of, followed, passes));
    } else {
      out.say(String.format(Locale.ROOT, "%d calls of the denoiser", followed.evaluations()));
    }
    return passes ? 0 : 1;
  }

  private static Map<String, Object> fields(
      LikelihoodCase of, LikelihoodChecks.Followed followed, boolean passes) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("law", CaseOverrides.name(KnownLaw.class, of.law()));
    fields.put("path", CaseOverrides.name(Path.class, of.path()));
    fields.put("at", of.at());
    fields.put("nats", followed.nats());
    fields.put("expected", of.at().stream().map(x -> of.law().mixture().logDensity(x, 0)).toList());
    fields.put("evaluations", followed.evaluations());
    fields.put("passes", passes);
    return fields;
  }
}
