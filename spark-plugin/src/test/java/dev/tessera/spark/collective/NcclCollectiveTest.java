package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.train.Collective;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What is ours around NCCL, with a stand-in for the library itself. */
class NcclCollectiveTest {

  private static Timeouts failingAfter(long millis) {
    return new Timeouts(
        Duration.ofSeconds(20), Duration.ofMillis(millis / 2), Duration.ofMillis(millis));
  }

  private static Void stepThatHangs(Collective c, InProcessNccl gpu) {
    c.enqueue(() -> {});
    return c.awaiting("step 5", gpu::hang);
  }

  private static void assertEnds(List<InProcessNccl> natives, boolean aborted) throws Exception {
    for (InProcessNccl one : natives) {
      for (int i = 0; i < 500 && !one.ended(); i++) {
        Thread.sleep(10);
      }
      assertThat(one.ended()).isTrue();
      assertThat(one.aborted()).isEqualTo(aborted);
    }
  }

  @Test
  void aRankThatWaitsForItsGpuLearnsOfAPeersAbort() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    try (Gang gang = Gang.standIns(natives, Gang.PATIENT)) {
      Future<Void> waiting = gang.start(0, c -> stepThatHangs(c, natives.get(0)));
      Thread.sleep(100);
      gang.rank(1).abort("the task was killed");

      assertThat(Gang.failure(waiting))
          .isEqualTo("Rank 1 aborted the collective: the task was killed");
      assertEnds(natives, true);
    }
  }

  @Test
  void aRankThatNeverEntersTheStepIsNamedAtTheDeadline() throws Exception {
    List<InProcessNccl> natives = Gang.natives(3);
    try (Gang gang = Gang.standIns(natives, failingAfter(1000))) {
      Future<Void> waiting = gang.start(0, c -> stepThatHangs(c, natives.get(0)));
      Future<Void> alsoWaiting = gang.start(1, c -> stepThatHangs(c, natives.get(1)));

      for (Future<Void> one : List.of(waiting, alsoWaiting)) {
        assertThat(Gang.failure(one))
            .startsWith("step 5 has not moved for ")
            .contains("has not finished it, rank 2 (127.0.0.1:")
            .contains("has not entered it (its last call: broadcast #1)")
            .doesNotContain("rank 1 (");
      }
      assertEnds(natives, true);
    }
  }

  @Test
  void aLongStepThatAllHaveEnteredIsGivenMoreTime() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    CountDownLatch computed = new CountDownLatch(1);
    try (Gang gang = Gang.standIns(natives, failingAfter(400))) {
      Future<Boolean> other = gang.start(1, c -> longStep(c, computed));
      Future<Boolean> one = gang.start(0, c -> longStep(c, computed));
      Thread.sleep(1500);
      computed.countDown();

      assertThat(one.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(other.get(30, TimeUnit.SECONDS)).isTrue();
      gang.run(
          c -> {
            c.barrier();
            return null;
          });
    }
    assertEnds(natives, false);
  }

  @Test
  void aStepThatWaitsForARankAtItsCheckpointIsGivenMoreTime() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    CountDownLatch written = new CountDownLatch(1);
    try (Gang gang = Gang.standIns(natives, failingAfter(1200))) {
      Future<Boolean> waiting = gang.start(1, c -> longStep(c, written));
      Future<Boolean> writing =
          gang.start(
              0,
              c -> {
                c.apart("its checkpoint", () -> await(written));
                return longStep(c, written);
              });
      Thread.sleep(4000);
      assertThat(waiting).isNotDone();
      written.countDown();
      assertThat(waiting.get(30, TimeUnit.SECONDS)).isTrue();
      assertThat(writing.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertEnds(natives, false);
  }

  private static boolean longStep(Collective c, CountDownLatch computed) {
    c.enqueue(() -> {});
    return c.awaiting("step 5", () -> await(computed));
  }

  private static boolean await(CountDownLatch latch) {
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aGpuThatHangsForGoodIsGivenUpThoughAllHaveEntered() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    try (Gang gang = Gang.standIns(natives, failingAfter(200))) {
      Future<Void> one = gang.start(0, c -> stepThatHangs(c, natives.get(0)));
      Future<Void> other = gang.start(1, c -> stepThatHangs(c, natives.get(1)));

      assertThat(Gang.failure(one)).matches("step 5 has not moved for .* has not finished it");
      assertThat(Gang.failure(other)).matches("step 5 has not moved for .* has not finished it");
      assertEnds(natives, true);
    }
  }

  @Test
  void whatNcclFindsOutIsTheReasonOnEveryRank() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    try (Gang gang = Gang.standIns(natives, Gang.PATIENT)) {
      Future<Void> waiting = gang.start(0, c -> stepThatHangs(c, natives.get(0)));
      Future<Void> there = gang.start(1, c -> stepThatHangs(c, natives.get(1)));
      natives.get(1).breaks("remote process exited or there was a network error (6)");

      String reason = "NCCL on rank 1: remote process exited or there was a network error (6)";
      assertThat(Gang.failure(waiting)).isEqualTo(reason);
      assertThat(Gang.failure(there)).isEqualTo(reason);
    }
  }

  @Test
  void nothingIsGivenToTheGpuOfABrokenGang() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    try (Gang gang = Gang.standIns(natives, Gang.PATIENT)) {
      gang.rank(0).abort("enough");
      AtomicInteger launched = new AtomicInteger();
      assertThatThrownBy(() -> gang.rank(0).enqueue(launched::incrementAndGet))
          .isInstanceOf(CollectiveException.class)
          .hasMessage("The collective was aborted: enough");
      FloatMemory memory = NativeFloats.of(1, 2, 3).onDevice(0).memory();
      assertThatThrownBy(() -> gang.rank(0).allReduce(memory))
          .isInstanceOf(CollectiveException.class)
          .hasMessage("The collective was aborted: enough");
      assertThat(launched).hasValue(0);
      assertEnds(natives, true);
    }
  }

  @Test
  void aStepsOwnMistakeIsNoFailureOfTheCollective() throws Exception {
    List<InProcessNccl> natives = Gang.natives(1);
    try (Gang gang = Gang.standIns(natives, Gang.PATIENT)) {
      Runnable mistaken =
          () -> {
            throw new IllegalStateException("a program of ours is wrong");
          };
      assertThatThrownBy(() -> gang.rank(0).enqueue(mistaken))
          .isExactlyInstanceOf(IllegalStateException.class)
          .hasMessage("a program of ours is wrong");
      gang.rank(0).barrier();
    }
    assertEnds(natives, false);
  }

  @Test
  void aRefusedCallNamesItsRank() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    try (Gang gang = Gang.standIns(natives, Gang.PATIENT)) {
      natives.get(1).destroy(1001); // from now on it refuses every call
      Future<Void> refused =
          gang.start(
              1,
              c -> {
                c.allReduce(gang.put(c, 1, 2).memory());
                return null;
              });
      assertThat(Gang.failure(refused)).isEqualTo("unhandled cuda error, on rank 1");
    }
  }

  @Test
  void memoryOfAnotherGpuIsRefused() throws Exception {
    try (Gang gang = Gang.standIns(Gang.natives(1), Gang.PATIENT)) {
      FloatMemory elsewhere = NativeFloats.of(1, 2).onDevice(3).memory();
      assertThatThrownBy(() -> gang.rank(0).allReduce(elsewhere))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("memory: on device 3 (expected: this rank's, 0)");
    }
  }

  @Test
  void whatARingWouldSendIsCounted() throws Exception {
    try (Gang gang = Gang.standIns(Gang.natives(4), Gang.PATIENT)) {
      List<Long> sent =
          gang.run(
              c -> {
                long before = c.bytesSent();
                c.allReduce(gang.put(c, new float[1000]).memory());
                return c.bytesSent() - before;
              });
      assertThat(sent).containsOnly(2L * 3 * 1000);
    }
  }

  @Test
  void ranksThatDoNotJoinInTimeAreToldAndALateJoinIsUndone() throws Exception {
    List<InProcessNccl> natives = Gang.natives(2);
    natives.get(0).joinsLate();
    natives.get(1).joinsLate();
    Timeouts timeouts =
        new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ofSeconds(60));
    assertThatThrownBy(() -> Gang.standIns(natives, timeouts))
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(CollectiveException.class)
        .hasMessageContaining("NCCL has not joined the GPUs of 2 ranks within PT2S");
    natives.forEach(InProcessNccl::join);
    assertEnds(natives, true);
  }
}
