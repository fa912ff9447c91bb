package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.tessera.models.UserException;
import dev.tessera.models.train.FloatMemory;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.RetryPolicy;
import dev.tessera.spark.settings.TesseraSettings;
import dev.tessera.spark.settings.Timeouts;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Gangs on two real executors. Tests that kill one come last: a new one takes seconds to start. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class GangIT {

  private static final RetryPolicy QUICK =
      new RetryPolicy(3, Duration.ofMillis(50), Duration.ofMillis(50));
  private static JavaSparkContext spark;

  private final Heard heard = new Heard();

  @BeforeAll
  static void start() {
    spark = LocalCluster.start(GangIT.class);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private <R extends Serializable> List<R> run(int ranks, GangTasks<R> tasks) {
    TesseraSettings settings = TesseraSettings.from(spark.getConf()).withRetry(QUICK);
    return Gang.run(spark, GangSpec.of("test", ranks, Algorithm.RING, settings), tasks, heard);
  }

  /** Spark looks the driver up at the first question; a task that is killed in it spoils that. */
  @Test
  @Order(0)
  void aTaskCancelledInItsFirstQuestionLeavesTheLineOpen() throws Exception {
    LiveSlots.await(spark.sc(), 2, Duration.ofSeconds(60), sentence -> {});
    List<Long> pids =
        spark.parallelize(List.of(0, 1), 2).map(GangIT::askWhileInterrupted).collect();
    assertThat(pids).doesNotHaveDuplicates();

    assertThat(run(2, attempt -> context -> context.rank())).containsExactly(0, 1);
    assertThat(heard.retries).isEmpty();
    assertThat(heard.places).extracting(RankPlace::pid).containsExactlyInAnyOrderElementsOf(pids);
  }

  @Test
  @Order(1)
  void aStoreThatTheDriverCannotReadNowCostsAnAttemptAndNotTheRun() {
    List<Integer> ranks =
        run(
            2,
            attempt ->
                context -> {
                  context.report(Heard.REFUSED);
                  return context.attempt();
                });
    assertThat(ranks).containsExactly(1, 1);
    assertThat(heard.retries).containsExactly("Cannot look for it");
  }

  private static long askWhileInterrupted(int task) throws Exception {
    Thread.sleep(1000); // so that both executors have one
    Thread.currentThread().interrupt();
    try {
      GangReply ignored = GangChannel.ask(new GangMessage.Hello());
    } catch (InterruptedException e) {
      // As Spark's cancellation ends it.
    } finally {
      boolean ignored = Thread.interrupted();
    }
    return ProcessHandle.current().pid();
  }

  @Test
  @Order(1)
  void twoProcessesSumAndReport() {
    List<Sum> sums = run(2, attempt -> GangIT::sum);

    assertThat(sums).extracting(Sum::rank).containsExactly(0, 1);
    assertThat(sums).extracting(Sum::value).containsOnly(3f);
    assertThat(sums).extracting(Sum::thread).containsExactly("tessera-rank-0", "tessera-rank-1");
    assertThat(sums).allSatisfy(sum -> assertThat(sum.bytesSent()).isPositive());
    assertThat(heard.places).extracting(RankPlace::pid).doesNotHaveDuplicates();
    assertThat(heard.places)
        .extracting(RankPlace::pid)
        .doesNotContain(ProcessHandle.current().pid())
        .containsExactlyElementsOf(sums.stream().map(Sum::pid).toList());
    assertThat(heard.places).extracting(RankPlace::localRank).containsExactly(0, 1);
    // All reports of a rank come before the gang ends, in order.
    assertThat(heard.messages.stream().filter(m -> m.startsWith("rank 1")))
        .containsExactlyElementsOf(IntStream.range(0, 50).mapToObj(i -> "rank 1: " + i).toList());
    assertThat(heard.messages).hasSize(100);
  }

  private static Sum sum(RankContext context) {
    Memory memory = new Memory(4 * Float.BYTES);
    memory.setFloat(8, context.rank() + 1);
    context.collective().allReduce(FloatMemory.host(Pointer.nativeValue(memory), 4));
    for (int i = 0; i < 50; i++) {
      context.report("rank " + context.rank() + ": " + i);
    }
    return new Sum(
        context.rank(),
        memory.getFloat(8),
        ProcessHandle.current().pid(),
        context.collective().bytesSent(),
        Thread.currentThread().getName());
  }

  @Test
  @Order(2)
  void tooFewSlotsAreRefusedBeforeAnythingIsSubmitted() {
    assertThatThrownBy(() -> run(3, attempt -> context -> 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("3 ranks need 3 task slots and there are 2");
    assertThat(heard.places).isEmpty();
  }

  @Test
  @Order(2)
  void encryptionThatIsRequiredAndMissingIsRefusedBeforeAnythingIsSubmitted() {
    TesseraSettings settings =
        TesseraSettings.from(
            spark.getConf().clone().set("spark.tessera.requireEncryption", "true"));
    assertThatThrownBy(
            () ->
                Gang.run(
                    spark,
                    GangSpec.of("test", 2, Algorithm.RING, settings),
                    attempt -> context -> 0,
                    heard))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "spark.tessera.requireEncryption=true, and Spark's own messages are not encrypted: set"
                + " spark.authenticate=true and spark.network.crypto.enabled=true, or"
                + " spark.ssl.rpc.enabled=true");
    assertThat(heard.places).isEmpty();
  }

  @Test
  @Order(3)
  void aUsersMistakeEndsTheRunWithItsSentence() {
    assertThatThrownBy(
            () ->
                run(
                    2,
                    attempt ->
                        context -> {
                          if (context.rank() == 1) {
                            throw new UserException("data.path: /nowhere (expected: a table)");
                          }
                          context.collective().barrier();
                          return 0;
                        }))
        .isInstanceOf(UserException.class)
        .hasMessage("data.path: /nowhere (expected: a table)");
    assertThat(heard.attempts).isEqualTo(1);
    assertThat(heard.retries).isEmpty();
  }

  @Test
  @Order(4)
  void aTaskThatThrowsIsRetriedUntilThePolicyEnds() {
    assertThatThrownBy(
            () ->
                run(
                    2,
                    attempt ->
                        context -> {
                          if (context.rank() == 1) {
                            throw new IllegalStateException("no luck in attempt " + attempt);
                          }
                          context.collective().barrier();
                          return 0;
                        }))
        .isInstanceOf(GangException.class)
        .hasMessageContaining("given up after 3 attempts")
        .hasMessageContaining("rank 1 on ")
        .hasMessageContaining("no luck in attempt 2");
    assertThat(heard.attempts).isEqualTo(3);
    assertThat(heard.retries).hasSize(2);
    assertThat(heard.retries.get(0)).contains("rank 1 on ", "no luck in attempt 0");
  }

  /** Executors of spot machines are lost many times in one run, each time further on. */
  @Test
  @Order(5)
  void sixFailuresEachWithSomethingNewKeptDoNotEndAGangOfThreeAttempts() {
    List<Integer> attempts =
        run(
            2,
            attempt ->
                context -> {
                  if (context.attempt() < 6) {
                    context.collective().barrier();
                    if (context.rank() == 0) {
                      context.report(Heard.KEPT);
                      throw new IllegalStateException("after a checkpoint");
                    }
                  }
                  context.collective().barrier();
                  return context.attempt();
                });

    assertThat(attempts).containsExactly(6, 6);
    assertThat(heard.retries).hasSize(6);
  }

  @Test
  @Order(5)
  void failuresWithoutAnythingNewAreCountedFromTheLastThatWasKept() {
    assertThatThrownBy(
            () ->
                run(
                    1,
                    attempt ->
                        context -> {
                          if (context.attempt() < 2) {
                            context.report(Heard.KEPT);
                          }
                          throw new IllegalStateException("no luck");
                        }))
        .isInstanceOf(GangException.class)
        // The second of them kept something and failed: it is the first in a row of three.
        .hasMessageContaining("given up after 4 attempts, the last 3 without progress: ");
  }

  @Test
  @Order(5)
  void aStallIsToldOnTheDriverWithWhoKeepsWhomWaiting() {
    TesseraSettings settings =
        TesseraSettings.from(spark.getConf())
            .withTimeouts(
                new Timeouts(
                    Duration.ofSeconds(60), Duration.ofMillis(400), Duration.ofSeconds(60)));
    Gang.<Integer>run(
        spark,
        GangSpec.of("test", 2, Algorithm.RING, settings),
        attempt ->
            context -> {
              context.collective().barrier();
              if (context.rank() == 1) {
                Thread.sleep(2000);
              }
              context.collective().barrier();
              return 0;
            },
        heard);

    assertThat(heard.warnings)
        .isNotEmpty()
        .first()
        .asString()
        .startsWith("rank 0 on ")
        .contains(" waits: ", "has not moved for", "rank 1", "has not entered it");
  }

  @Test
  @Order(5)
  void aRankThatWaitsDoesNotDelayTheRetry() {
    long start = System.nanoTime();
    List<Integer> attempts =
        run(
            2,
            attempt ->
                context -> {
                  if (context.attempt() == 0) {
                    blockOrFail(context);
                  }
                  context.collective().barrier();
                  return context.attempt();
                });
    long seconds = Duration.ofNanos(System.nanoTime() - start).toSeconds();

    assertThat(attempts).containsExactly(1, 1);
    // The wait itself would last for ever, and Spark alone would wait for it.
    assertThat(seconds).isLessThan(40);
    assertThat(heard.retries.get(0)).contains("rank 1 on ", "in the middle");
  }

  private static void blockOrFail(RankContext context) throws Exception {
    context.collective().barrier();
    if (context.rank() == 1) {
      Thread.sleep(300);
      throw new IllegalStateException("in the middle");
    }
    Thread.sleep(Long.MAX_VALUE);
  }

  @Test
  @Order(6)
  void aHaltedExecutorIsReplacedAndTheNextAttemptFinishes() {
    List<Boolean> libtorch = run(2, Halting::new);

    // The new one has loaded it on the way to its task; the one that was spared was never told to.
    assertThat(libtorch).containsExactlyInAnyOrder(true, false);
    assertThat(heard.attempts).isEqualTo(2);
    // Told by the peer that lost its connection or by Spark that lost the executor, whoever is
    // first.
    assertThat(heard.retries)
        .singleElement()
        .asString()
        .matches("executor .* was lost: .*|rank 0 on .* failed: rank 1 .* is lost: .*");
  }

  /** Rank 1 ends its process in the first attempt; in the next, ranks tell who has libtorch. */
  private record Halting(int attempt) implements RankTask<Boolean> {
    @Override
    public Boolean run(RankContext context) throws IOException {
      context.collective().barrier();
      if (context.rank() == 1 && attempt == 0) {
        Runtime.getRuntime().halt(9);
      }
      context.collective().barrier();
      return Files.readString(Path.of("/proc/self/maps")).contains("libtorch_cpu");
    }

    @Override
    public boolean usesLibtorch() {
      return true;
    }
  }

  @Test
  @Order(7)
  void anExecutorWithoutItsLineEndsItselfAndSaysWhy() throws Exception {
    LiveSlots.await(spark.sc(), 2, Duration.ofSeconds(60), sentence -> {});
    List<Long> pids =
        spark
            .parallelize(List.of(0, 1), 2)
            .map(task -> task == 0 ? loseTheLine() : -1L)
            .filter(pid -> pid > 0)
            .collect();
    TesseraSettings settings =
        TesseraSettings.from(spark.getConf())
            .withRetry(new RetryPolicy(6, Duration.ofMillis(50), Duration.ofMillis(50)));

    List<Integer> ranks =
        Gang.run(
            spark,
            GangSpec.of("test", 2, Algorithm.RING, settings),
            attempt -> context -> context.rank(),
            heard);

    assertThat(ranks).containsExactly(0, 1);
    assertThat(heard.places).extracting(RankPlace::pid).doesNotContainAnyElementsOf(pids);
    assertThat(heard.retries.get(0))
        .contains("the executor has lost its line to the driver", "Driver endpoint is not known");
  }

  /** What a cancelled first question leaves in Spark's own object. */
  private static long loseTheLine() throws ReflectiveOperationException {
    Field line = GangChannel.class.getDeclaredField("context");
    line.setAccessible(true);
    Object context = line.get(null);
    Field endpoint = context.getClass().getDeclaredField("driverEndpoint");
    endpoint.setAccessible(true);
    endpoint.set(context, null);
    return ProcessHandle.current().pid();
  }

  private record Sum(int rank, float value, long pid, long bytesSent, String thread)
      implements Serializable {}

  private static final class Heard implements GangListener {
    private final List<String> messages = new ArrayList<>();
    private static final String KEPT = "kept";

    /** The driver cannot read a store when it hears this for the first time. */
    private static final String REFUSED = "refused";

    private final List<String> retries = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();
    private long kept;
    private List<RankPlace> places = List.of();
    private int attempts;

    @Override
    public void onAttempt(int attempt, List<RankPlace> met) {
      places = met;
      attempts++;
    }

    @Override
    public void onMessage(int rank, Serializable message) {
      messages.add((String) message);
      if (message.equals(REFUSED) && attempts == 1) {
        throw new UncheckedIOException("Cannot look for it", new IOException("throttled"));
      }
      if (message.equals(KEPT)) {
        kept++;
      }
    }

    @Override
    public long kept() {
      return kept;
    }

    @Override
    public void onWarning(String sentence) {
      warnings.add(sentence);
    }

    @Override
    public void onRetry(int next, String failure) {
      retries.add(failure);
    }
  }
}
