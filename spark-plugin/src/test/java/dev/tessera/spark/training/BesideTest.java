package dev.tessera.spark.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class BesideTest {

  @Test
  void worksGoOnTogetherAndEachResultIsWaitedFor() {
    CountDownLatch both = new CountDownLatch(2);
    try (Beside beside = new Beside()) {
      Supplier<String> rows = beside.start(() -> met(both, "rows"));
      Supplier<String> state = beside.start(() -> met(both, "state"));
      assertThat(rows.get()).isEqualTo("rows");
      assertThat(state.get()).isEqualTo("state");
      assertThat(rows.get()).isEqualTo("rows");
    }
  }

  /** Returns once the other one runs too. */
  private static String met(CountDownLatch both, String value) {
    both.countDown();
    try {
      both.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return value;
  }

  @Test
  void aUsersMistakeComesAsItWasThrown() {
    UserException mistake = new UserException("data: /nowhere does not exist");
    try (Beside beside = new Beside()) {
      Supplier<Object> rows =
          beside.start(
              () -> {
                throw mistake;
              });
      assertThatThrownBy(rows::get).isSameAs(mistake);
    }
  }

  @Test
  void anEndStopsWhatNobodyWaitsForAndOutlastsIt() throws Exception {
    AtomicBoolean stopped = new AtomicBoolean();
    CountDownLatch started = new CountDownLatch(1);
    try (Beside beside = new Beside()) {
      Supplier<Object> ignored =
          beside.start(
              () -> {
                started.countDown();
                try {
                  Thread.sleep(Long.MAX_VALUE);
                } catch (InterruptedException e) {
                  stopped.set(true);
                }
                return null;
              });
      started.await();
    }
    assertThat(stopped).isTrue();
  }

  @Test
  void anInterruptedRankStaysSo() {
    try (Beside beside = new Beside()) {
      CountDownLatch never = new CountDownLatch(1);
      Supplier<String> rows = beside.start(() -> met(never, "never"));
      Supplier<String> stuck = beside.start(() -> met(new CountDownLatch(2), "never"));
      assertThat(rows.get()).isEqualTo("never");
      Thread.currentThread().interrupt();
      assertThatThrownBy(stuck::get).hasMessageContaining("interrupted");
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    } finally {
      boolean ignored = Thread.interrupted();
    }
  }
}
