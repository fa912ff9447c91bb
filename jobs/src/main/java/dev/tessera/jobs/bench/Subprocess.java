package dev.tessera.jobs.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A further process that is given so many seconds and then ended, with all that it has started.
 *
 * @param environment variables beside this process's own
 */
record Subprocess(List<String> command, Map<String, String> environment, int limitSeconds) {

  /**
   * What came of it.
   *
   * @param said the JSON object that was its last line; empty if there is none
   * @param failure why it is of no use, in one line; empty if it ended well
   */
  record Outcome(Optional<JsonNode> said, Optional<String> failure) {}

  /** Runs it with this process's own outputs. */
  Outcome watch() throws IOException {
    Process process = builder().inheritIO().start();
    return new Outcome(Optional.empty(), end(process, List.of()));
  }

  /** Runs it silently and takes its last line for JSON. */
  Outcome listen() throws IOException {
    Path out = Files.createTempFile("tessera-bench", ".out");
    Path err = Files.createTempFile("tessera-bench", ".err");
    try {
      Process process = builder().redirectOutput(out.toFile()).redirectError(err.toFile()).start();
      Optional<String> failure = end(process, List.of(err, out));
      if (failure.isPresent()) {
        return new Outcome(Optional.empty(), failure);
      }
      return new Outcome(Optional.of(Json.MAPPER.readTree(lastLine(out))), Optional.empty());
    } catch (JsonProcessingException e) {
      return new Outcome(
          Optional.empty(), Optional.of("its last line is no JSON: " + lastLine(out)));
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private ProcessBuilder builder() {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
    builder.environment().putAll(environment);
    return builder;
  }

  private Optional<String> end(Process process, List<Path> outputs) throws IOException {
    try {
      if (!process.waitFor(limitSeconds, TimeUnit.SECONDS)) {
        kill(process);
        return Optional.of("took more than " + limitSeconds + " s");
      }
    } catch (InterruptedException e) {
      kill(process);
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
    if (process.exitValue() == 0) {
      return Optional.empty();
    }
    for (Path output : outputs) {
      String last = lastLine(output);
      if (!last.isEmpty()) {
        return Optional.of(last);
      }
    }
    return Optional.of("ended with code " + process.exitValue());
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    process.onExit().orTimeout(1, TimeUnit.MINUTES).exceptionally(e -> null).join();
  }

  private static String lastLine(Path file) throws IOException {
    // Of lines that are not UTF-8 too.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    return text.lines().map(String::strip).filter(line -> !line.isEmpty()).reduce("", (a, b) -> b);
  }
}
