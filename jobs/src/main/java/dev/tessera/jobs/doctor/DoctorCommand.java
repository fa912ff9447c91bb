package dev.tessera.jobs.doctor;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.ReadsBeforeSpark;
import dev.tessera.jobs.run.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code tessera doctor}: exit code 0 when a run may start, 1 when something would stop it. */
@Command(
    name = "doctor",
    description = "Look at the driver and every executor for what would stop a run.")
public final class DoctorCommand implements Callable<Integer>, ReadsBeforeSpark {

  @Parameters(
      paramLabel = "PATH",
      description =
          "Inputs and outputs that every executor must reach, besides Hadoop's default file system"
              + " and the working folder.")
  private List<String> paths = new ArrayList<>();

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() throws Exception {
    try (Session session = Session.obtain("doctor", Map.of())) {
      Console out = console.console();
      DoctorReport report = Doctor.run(session.spark(), paths, out::say);
      report.lines().forEach(out::say);
      return report.exitCode();
    }
  }
}
