package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A Python with torch, for comparisons with PyTorch itself: the interpreter that the system
 * property or variable TESSERA_PYTHON names, else {@code python3}. Without one, tests are skipped.
 */
public final class Python {

  private Python() {}

  /** Runs a script with arguments and returns what it printed; fails if it failed. */
  public static String run(Path script, Object... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(interpreter(), script.toString()));
    for (Object argument : arguments) {
      command.add(argument.toString());
    }
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  /** Skips the calling test, with the reason, where there is no torch. */
  public static void assumeTorch() throws InterruptedException {
    assume("torch");
  }

  /** The same of other modules, such as {@code numpy, scipy}. */
  public static void assume(String modules) throws InterruptedException {
    String reason;
    try {
      Process process =
          new ProcessBuilder(interpreter(), "-c", "import " + modules)
              .redirectErrorStream(true)
              .start();
      process.getInputStream().readAllBytes();
      boolean ended = process.waitFor(60, TimeUnit.SECONDS);
      reason = ended && process.exitValue() == 0 ? "" : "has no " + modules;
    } catch (IOException e) {
      reason = "cannot be started";
    }
    Assumptions.assumeTrue(
        reason.isEmpty(),
        interpreter() + " " + reason + "; set TESSERA_PYTHON to one with " + modules);
  }

  private static String interpreter() {
    String variable = System.getenv().getOrDefault("TESSERA_PYTHON", "python3");
    return System.getProperty("TESSERA_PYTHON", variable);
  }
}
