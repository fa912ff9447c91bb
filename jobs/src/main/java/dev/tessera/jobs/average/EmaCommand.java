package dev.tessera.jobs.average;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera ema}. */
@Command(
    name = "ema",
    description =
        "Make an average of a run's parameters of any length after training, from the snapshots of a"
            + " recipe with ema.type power-function.")
public final class EmaCommand implements Callable<Integer> {

  @Option(names = "--run", required = true, paramLabel = "DIR", description = "The run directory.")
  private String run;

  @Option(
      names = "--deviation",
      paramLabel = "X",
      required = true,
      description =
          "Standard deviation of the average's weights in time, as a share of the run: above 0,"
              + " below 0.2886.")
  private double deviation;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "The average at this moment, a snapshot's; the last one's if left out.")
  private Long images;

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    EmaJob.Made made =
        new EmaJob(HadoopSettings.read()).run(run, deviation, Optional.ofNullable(images));
    Console out = console.console();
    out.products().output(made.checkpoint());
    out.products().metrics(Map.of("images", made.images(), "snapshots", made.snapshots()));
    if (out.mode() == Console.Mode.JSON) {
      out.result(
          "ema",
          Map.of(
              "checkpoint", made.checkpoint(),
              "images", made.images(),
              "deviation", deviation,
              "snapshots", made.snapshots()));
    } else {
      out.say(made.line());
    }
    return 0;
  }
}
