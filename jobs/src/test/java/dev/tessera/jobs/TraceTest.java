package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.VoidFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Failures as Spark itself reports them. */
class TraceTest {

  private static final String FRAME = "\tat dev.tessera.jobs.TraceTest$Failing.fail(";

  private static JavaSparkContext spark;

  /** What no driver can be sent: Spark tells it by text alone. */
  private static final class Unsendable extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient Object held = new Object();

    Unsendable() {
      super("not sent");
    }

    private Object writeReplace() {
      return held;
    }
  }

  private record Failing(boolean sent) implements VoidFunction<Integer> {

    @Override
    public void call(Integer row) {
      fail(row);
    }

    private void fail(int row) {
      if (!sent) {
        throw new Unsendable();
      }
      try {
        throw new IllegalArgumentException("the root, " + row);
      } catch (IllegalArgumentException e) {
        throw new IllegalStateException("on the way", e);
      }
    }
  }

  @BeforeAll
  static void start() {
    spark =
        new JavaSparkContext(
            new SparkConf()
                .setMaster("local[1]")
                .setAppName("trace")
                .set("spark.ui.enabled", "false"));
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static Exception failed(boolean sent) {
    try {
      spark.parallelize(List.of(1), 1).foreach(new Failing(sent));
    } catch (Exception e) {
      return e;
    }
    throw new AssertionError("it did not fail");
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void aTasksTraceIsToldOnceThoughSparkHasItTwice() {
    Exception failure = failed(true);
    assertThat(failure.getMessage()).as("Spark's own message").contains(FRAME);

    String told = Trace.of(failure);
    String wrapped = Trace.of(new IllegalStateException(failure));

    for (String text : List.of(told, wrapped)) {
      assertThat(text).contains("Job aborted due to stage failure", "on the way", "the root, 1");
      // One of each of the two exceptions.
      assertThat(count(text, FRAME)).isEqualTo(2);
      assertThat(count(text, "Caused by: java.lang.IllegalArgumentException: the root, 1"))
          .isEqualTo(1);
      assertThat(text).contains("\tat " + TraceTest.class.getName() + ".failed(");
    }
  }

  @Test
  void aTraceThatSparkHasAsTextAloneStays() {
    Exception failure = failed(false);

    assertThat(count(Trace.of(failure), FRAME)).isEqualTo(1);
  }

  @Test
  void aMessageThatQuotesItsCauseIsNotCut() {
    Exception cause = new IllegalArgumentException("x");
    Exception failure = new IllegalStateException("Cannot go on (" + cause + "): do this", cause);

    assertThat(Trace.of(failure))
        .startsWith("java.lang.IllegalStateException: " + failure.getMessage() + "\n\tat ");
  }
}
