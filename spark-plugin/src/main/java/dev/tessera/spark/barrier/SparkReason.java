package dev.tessera.spark.barrier;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkThrowable;

/** Spark's reasons for a failed job, cut to the part that a person can use. */
final class SparkReason {

  private static final Pattern EXECUTOR_LOST =
      Pattern.compile("ExecutorLostFailure \\(executor (\\S+) .*?Reason: ([^\\n]*)");
  private static final Pattern THROWN =
      Pattern.compile("(?:^|\\s)[\\w.$]+(?:Exception|Error): ([^\\n]+)");
  private static final String CANCELLED = "SPARK_JOB_CANCELLED";
  private static final int LONGEST = 300;

  private SparkReason() {}

  /**
   * Whether somebody cancelled the job: a notebook's Ctrl-C, Spark's page, a program's own call.
   */
  static boolean isCancelled(Throwable cause) {
    return cause instanceof SparkThrowable spark && CANCELLED.equals(spark.getCondition());
  }

  /** Whether Spark reports what a task threw, which the rank told better itself. */
  static boolean isTaskException(Throwable cause) {
    return !EXECUTOR_LOST.matcher(String.valueOf(cause.getMessage())).find();
  }

  static String of(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    Matcher lost = EXECUTOR_LOST.matcher(message);
    if (lost.find()) {
      return "executor " + lost.group(1) + " was lost: " + lost.group(2).strip();
    }
    String line = thrown(message).orElse(message.lines().findFirst().orElse("").strip());
    return "Spark's job failed: " + line.substring(0, Math.min(LONGEST, line.length()));
  }

  /** What a task threw: Spark tells it in a line of its own, after how the stage ended. */
  private static Optional<String> thrown(String message) {
    Matcher thrown = THROWN.matcher(message);
    return thrown.find() ? Optional.of(thrown.group(1).strip()) : Optional.empty();
  }
}
