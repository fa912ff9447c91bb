package dev.tessera.jobs.export;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.jobs.run.HadoopSettings;
import dev.tessera.jobs.run.QualifiedPath;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tessera export}. */
@Command(
    name = "export",
    description =
        "Write a TorchScript file with its parameters inside, for torch.jit.load and DJL.")
public final class ExportCommand implements Callable<Integer> {

  @Option(
      names = "--checkpoint",
      required = true,
      paramLabel = "PATH",
      description = "A checkpoint, or a run directory.")
  private String checkpoint;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The new file, usually *.pt.")
  private String output;

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    Configuration conf = HadoopSettings.read();
    Console out = console.console();
    out.say(new ExportJob(conf).run(checkpoint, output));
    out.products().output(QualifiedPath.of(conf, output).toString());
    return 0;
  }
}
