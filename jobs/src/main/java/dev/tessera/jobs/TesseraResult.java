package dev.tessera.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.models.UserException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a command ended that {@link TesseraApp} ran.
 *
 * @param command the arguments, without secrets
 * @param exitCode 0 done, 1 failed, 2 a mistake in what was given
 * @param message why, in one sentence (a recipe's mistakes are one a line); empty when done
 * @param runDirectory of a training, also of one that failed after its start; else empty
 * @param outputs tables, checkpoints and files that the command wrote, with their file system
 * @param metrics the last value of each number: of a training what {@code metrics.jsonl} ends with,
 *     of other commands what they print; they may be NaN or infinite
 * @param console everything that was printed, with the trace of a failure
 * @param cause what was thrown; null when done, or when a check alone did not pass
 */
public record TesseraResult(
    String command,
    int exitCode,
    String message,
    Optional<String> runDirectory,
    List<String> outputs,
    Map<String, Double> metrics,
    String console,
    Exception cause) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public TesseraResult {
    outputs = List.copyOf(outputs);
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }

  /** Whether the exit code is 0. */
  public boolean succeeded() {
    return exitCode == 0;
  }

  /**
   * This, if the command is done.
   *
   * @throws UserException if something that was given is wrong (exit code 2)
   * @throws IllegalStateException if the command failed (exit code 1)
   */
  public TesseraResult require() {
    if (exitCode == 2) {
      throw new UserException(message, cause);
    }
    if (exitCode != 0) {
      throw new IllegalStateException(message, cause);
    }
    return this;
  }

  /**
   * All but the cause as one JSON object, for callers that have no Java records: {@code exit_code},
   * {@code run_directory} (null if none) and so on. Numbers that JSON has not are strings, {@code
   * "NaN"}.
   */
  public String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("command", command);
    fields.put("exit_code", exitCode);
    fields.put("message", message);
    fields.put("run_directory", runDirectory.orElse(null));
    fields.put("outputs", outputs);
    fields.put("metrics", metrics);
    fields.put("console", console);
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
