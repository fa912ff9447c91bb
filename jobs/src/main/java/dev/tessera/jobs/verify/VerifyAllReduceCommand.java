package dev.tessera.jobs.verify;

import dev.tessera.jobs.run.Console;
import dev.tessera.jobs.run.ConsoleOptions;
import dev.tessera.models.runtime.TorchRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tessera verify allreduce}. */
@Command(
    name = "allreduce",
    description = {
      "Sum whole numbers over ranks of this process, connected over TCP: exact sums, the same bits",
      "on every rank, and the bytes that the algorithm shall send."
    })
public final class VerifyAllReduceCommand implements Callable<Integer> {

  @Option(names = "--ranks", description = "How many; 4 if not given.")
  private Integer ranks;

  @Option(names = "--length", description = "Numbers that each holds; 1000 if not given.")
  private Integer length;

  @Option(names = "--algorithm", description = "ring (the default) or tree.")
  private String algorithm;

  @Parameters(paramLabel = "key=value", description = "The same, as keys.")
  private List<String> overrides = new ArrayList<>();

  @Mixin private ConsoleOptions console;

  @Override
  public Integer call() {
    AllReduceCase of =
        new CaseOverrides()
            .flag("ranks", ranks)
            .flag("length", length)
            .flag("algorithm", algorithm)
            .all(overrides)
            .apply(AllReduceCase.defaults());
    AllReduceTrial.Found found;
    try (TorchRuntime runtime = TorchRuntime.onCpu()) {
      found = AllReduceTrial.run(runtime, of);
    }
    Console out = console.console();
    if (out.mode() == Console.Mode.JSON) {
      out.result("allreduce", found.fields());
    } else {
      found.verdicts().forEach(verdict -> out.say(verdict.line()));
      out.say("bytes sent by each rank  " + found.bytes());
    }
    return found.passes() ? 0 : 1;
  }
}
