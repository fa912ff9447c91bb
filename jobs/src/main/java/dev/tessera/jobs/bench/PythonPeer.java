package dev.tessera.jobs.bench;

import dev.tessera.jobs.run.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Programs of the folder {@code bench/peers}, most of them PyTorch's, run by the interpreter named
 * in the environment variable {@value #VARIABLE}. Where it or a module is missing, peers are left
 * out and the reason is told.
 */
record PythonPeer(Path interpreter, Path folder) {

  static final String VARIABLE = "TESSERA_PYTHON";

  /** The peers, or nothing where they cannot run. */
  static Optional<PythonPeer> find(Console console) {
    return find(console, "torch");
  }

  /** Peers that import other modules, such as {@code numpy, scipy}. */
  static Optional<PythonPeer> find(Console console, String modules) {
    String named = System.getenv(VARIABLE);
    if (named == null || named.isBlank()) {
      return without(console, VARIABLE + " names no Python interpreter");
    }
    Optional<Path> folder = scripts();
    if (folder.isEmpty()) {
      return without(console, "there is no folder bench/peers here");
    }
    PythonPeer peer = new PythonPeer(Path.of(named), folder.get());
    return peer.imports(modules)
        ? Optional.of(peer)
        : without(console, VARIABLE + "=" + named + " does not import " + modules);
  }

  private static Optional<PythonPeer> without(Console console, String reason) {
    console.say("peer not measured: " + reason);
    return Optional.empty();
  }

  /** From the repository's folder or from one of its modules. */
  private static Optional<Path> scripts() {
    for (Path at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
      Path peers = at.resolve("bench").resolve("peers");
      if (Files.isDirectory(peers)) {
        return Optional.of(peers);
      }
    }
    return Optional.empty();
  }

  private boolean imports(String modules) {
    try {
      Process process =
          new ProcessBuilder(interpreter.toString(), "-c", "import " + modules)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!process.waitFor(2, TimeUnit.MINUTES)) {
        process.destroyForcibly();
        return false;
      }
      return process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  List<String> command(String script, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(interpreter.toString());
    command.add(folder.resolve(script).toString());
    command.addAll(List.of(arguments));
    return command;
  }
}
