package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A gang that cannot go on says who is missing, on every rank. */
class BrokenGangTest {

  private static final Timeouts SHORT =
      new Timeouts(Duration.ofSeconds(20), Duration.ofSeconds(1), Duration.ofSeconds(4));

  private static Object sum(Collective c, int length) {
    NativeFloats floats = NativeFloats.of(new float[length]);
    c.allReduce(floats.memory());
    return floats.values();
  }

  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void aLateRankIsNamedByEveryOther(Algorithm algorithm) throws Exception {
    try (Gang gang = Gang.of(4, algorithm, SHORT)) {
      gang.run(c -> sum(c, 10));
      List<Future<Object>> waiting =
          List.of(
              gang.start(0, c -> sum(c, 100_000)),
              gang.start(1, c -> sum(c, 100_000)),
              gang.start(3, c -> sum(c, 100_000)));
      for (Future<Object> one : waiting) {
        assertThat(Gang.failure(one))
            .startsWith("allReduce #2 of 100000 elements has not moved for")
            .contains("rank 2 (127.0.0.1:")
            .contains("has not entered it (its last call: allReduce #1)");
      }
    }
  }

  /** A checkpoint of rank 0 may take longer than a call that nobody excuses. */
  @ParameterizedTest
  @EnumSource(Algorithm.class)
  void aRankAtWorkThatItHasToldIsWaitedFor(Algorithm algorithm) throws Exception {
    Timeouts timeouts =
        new Timeouts(Duration.ofSeconds(20), Duration.ofMillis(500), Duration.ofMillis(2000));
    try (Gang gang = Gang.of(3, algorithm, timeouts)) {
      CountDownLatch written = new CountDownLatch(1);
      Future<Object> writing =
          gang.start(
              0,
              c -> {
                c.apart("its checkpoint", () -> await(written));
                // The step's own work: a deadline passes in it that began before.
                Thread.sleep(1500);
                return sum(c, 100_000);
              });
      List<Future<Object>> waiting =
          List.of(gang.start(1, c -> sum(c, 100_000)), gang.start(2, c -> sum(c, 100_000)));
      Thread.sleep(3000);
      assertThat(waiting).noneMatch(Future::isDone);
      written.countDown();
      for (Future<Object> one : waiting) {
        assertThat(one.get(20, TimeUnit.SECONDS)).isEqualTo(new float[100_000]);
      }
      writing.get(20, TimeUnit.SECONDS);
      // Nothing is excused any more.
      Future<Object> alone = gang.start(1, c -> sum(c, 100_000));
      assertThat(Gang.failure(alone)).contains("has not entered it (its last call: allReduce #1)");
    }
  }

  @Test
  void aRankThatStaysAtItsWorkForGoodIsGivenUp() throws Exception {
    Timeouts timeouts =
        new Timeouts(Duration.ofSeconds(20), Duration.ofMillis(500), Duration.ofMillis(1000));
    try (Gang gang = Gang.of(2, Algorithm.RING, timeouts)) {
      CountDownLatch never = new CountDownLatch(1);
      Future<Object> writing =
          gang.start(
              0,
              c -> {
                c.apart("its checkpoint", () -> await(never));
                return null;
              });
      Future<Object> waiting = gang.start(1, c -> sum(c, 100_000));
      assertThat(Gang.failure(waiting))
          .matches("allReduce #1 of 100000 elements has not moved for 1[0-9]\\.[0-9] s: .*")
          .contains("rank 0 (127.0.0.1:")
          .endsWith(" is busy with its checkpoint");
      never.countDown();
      writing.get(20, TimeUnit.SECONDS);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void abortWakesARankThatWaitsAndTellsItsPeers() throws Exception {
    try (Gang gang = Gang.of(3, Algorithm.RING)) {
      Future<Object> here = gang.start(1, c -> sum(c, 1 << 20));
      Future<Object> there = gang.start(2, c -> sum(c, 1 << 20));
      Thread.sleep(100);
      gang.rank(1).abort("the task was killed");
      assertThat(Gang.failure(here)).isEqualTo("The collective was aborted: the task was killed");
      assertThat(Gang.failure(there))
          .isEqualTo("Rank 1 aborted the collective: the task was killed");
      assertThatThrownBy(() -> sum(gang.rank(0), 1 << 20))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("the task was killed");
    }
  }

  @Test
  void ranksOutOfStepAreToldBothOperations() throws Exception {
    try (Gang gang = Gang.of(2, Algorithm.RING)) {
      Future<Object> sums = gang.start(0, c -> sum(c, 100));
      Future<Object> other =
          gang.start(
              1,
              c -> {
                c.barrier();
                return null;
              });
      assertThat(Gang.failure(sums)).contains("out of step", "barrier #1", "allReduce #1 of 100");
      assertThat(Gang.failure(other)).contains("out of step", "barrier #1", "allReduce #1 of 100");
    }
  }

  @Test
  void ranksWithUnequalLengthsAreToldBoth() throws Exception {
    try (Gang gang = Gang.of(2, Algorithm.TREE)) {
      Future<Object> sums = gang.start(0, c -> sum(c, 100_000));
      Future<Object> other = gang.start(1, c -> sum(c, 100_001));
      assertThat(Gang.failure(sums)).contains("100000 elements", "100001 elements");
      assertThat(Gang.failure(other)).contains("100000 elements", "100001 elements");
    }
  }

  @Test
  void aRankThatHasClosedIsNamed() throws Exception {
    try (Gang gang = Gang.of(3, Algorithm.TREE)) {
      gang.run(c -> sum(c, 10));
      gang.rank(2).close();
      Future<Object> first = gang.start(0, c -> sum(c, 100_000));
      Future<Object> second = gang.start(1, c -> sum(c, 100_000));
      assertThat(Gang.failure(first)).contains("rank 2 (127.0.0.1:", "has closed its collective");
      assertThat(Gang.failure(second)).contains("rank 2 (127.0.0.1:", "has closed its collective");
    }
  }

  @Test
  void ranksMayCloseWhileOthersFinish() throws Exception {
    for (int i = 0; i < 20; i++) {
      try (Gang gang = Gang.of(4, Algorithm.RING)) {
        gang.run(
            c -> {
              sum(c, 50_000);
              c.broadcast(NativeFloats.of(new float[50_000]).memory(), 0);
              c.close();
              return null;
            });
      }
    }
  }

  @Test
  void interruptionEndsTheCallAndTellsThePeers() throws Exception {
    try (Gang gang = Gang.of(2, Algorithm.RING)) {
      CountDownLatch started = new CountDownLatch(1);
      Thread[] thread = new Thread[1];
      Future<Object> waiting =
          gang.start(
              0,
              c -> {
                thread[0] = Thread.currentThread();
                started.countDown();
                return sum(c, 1 << 20);
              });
      started.await();
      Thread.sleep(50);
      thread[0].interrupt();
      assertThat(Gang.failure(waiting)).contains("interrupted").contains("allReduce #1");
      assertThatThrownBy(() -> sum(gang.rank(1), 1 << 20))
          .isInstanceOf(CollectiveException.class)
          .hasMessageContaining("interrupted");
    }
  }
}
