package dev.tessera.models.runtime;

import dev.tessera.models.UserException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What to say when a GPU's memory does not suffice. */
final class DeviceMemory {

  /** What libtorch says it was asked for and what was there. */
  private static final Pattern FACTS = Pattern.compile("Tried to allocate [^\\n]*? is free\\.");

  private DeviceMemory() {}

  static boolean isExhausted(RuntimeException e) {
    return String.valueOf(e.getMessage()).contains("out of memory");
  }

  static UserException exhausted(String what, RuntimeException cause) {
    return new UserException(
        "The GPU's memory does not suffice for "
            + what
            + " ("
            + facts(String.valueOf(cause.getMessage()))
            + "): lower the batch (schedule.batch in training, or raise schedule.shards), or set the"
            + " precision to bf16 or schedule.activations to recomputed.",
        cause);
  }

  private static String facts(String message) {
    Matcher matcher = FACTS.matcher(message);
    return matcher.find() ? matcher.group() : message.lines().findFirst().orElse("");
  }
}
