package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PipelineTest {

  private static final int BATCH = 10;

  private enum Stage {
    READ,
    DECODE,
    COMPUTE,
    MEASURE,
    WRITE
  }

  /** Rows and what each stage made of them. */
  private static final class Numbers {
    private final List<Integer> rows = new ArrayList<>();
    private final int[] decoded = new int[BATCH];
    private final int[] computed = new int[BATCH];
  }

  /** Counts the rows that one thread has measured. */
  private static final class Worker implements Closeable {
    private final AtomicInteger open;
    private long measured;

    Worker(AtomicInteger open) {
      this.open = open;
      open.incrementAndGet();
    }

    @Override
    public void close() {
      open.decrementAndGet();
    }
  }

  /** Doubles numbers; each stage takes a random moment, or fails at a row. */
  private static class Doubling implements Pipeline.Work<Numbers, Worker> {
    private final int count;
    private final Stage failing;
    private final Set<Numbers> batches = Collections.synchronizedSet(new HashSet<>());
    private final AtomicInteger open = new AtomicInteger();
    private final AtomicInteger read = new AtomicInteger();
    private final List<Integer> written = Collections.synchronizedList(new ArrayList<>());
    private final Map<Integer, List<Integer>> byWriter = new ConcurrentHashMap<>();
    private volatile int ahead;
    private volatile CountDownLatch writes = new CountDownLatch(0);

    Doubling(int count, Stage failing) {
      this.count = count;
      this.failing = failing;
    }

    @Override
    public Numbers batch() {
      Numbers batch = new Numbers();
      batches.add(batch);
      return batch;
    }

    @Override
    public int read(Numbers batch) throws IOException {
      batch.rows.clear();
      while (batch.rows.size() < BATCH && read.get() < count) {
        at(Stage.READ, read.get());
        batch.rows.add(read.getAndIncrement());
      }
      ahead = Math.max(ahead, read.get() - written.size());
      return batch.rows.size();
    }

    @Override
    public Worker worker() {
      return new Worker(open);
    }

    @Override
    public void decode(Numbers batch, int row, Worker worker) throws IOException {
      at(Stage.DECODE, batch.rows.get(row));
      batch.decoded[row] = 2 * batch.rows.get(row);
    }

    void compute(Numbers batch) throws IOException {
      for (int i = 0; i < batch.rows.size(); i++) {
        at(Stage.COMPUTE, batch.rows.get(i));
        batch.computed[i] = batch.decoded[i] + 1;
      }
    }

    @Override
    public void measure(Numbers batch, int row, Worker worker) throws IOException {
      at(Stage.MEASURE, batch.rows.get(row));
      worker.measured += batch.computed[row];
    }

    @Override
    public void write(Numbers batch, int writer) throws IOException {
      try {
        writes.await();
      } catch (InterruptedException e) {
        throw new IOException("the write was interrupted", e);
      }
      for (int i = 0; i < batch.rows.size(); i++) {
        at(Stage.WRITE, batch.rows.get(i));
        written.add(batch.computed[i]);
        byWriter.computeIfAbsent(writer, w -> new ArrayList<>()).add(batch.computed[i]);
      }
    }

    private void at(Stage stage, int row) throws IOException {
      if (new Random(31L * row + stage.name().hashCode()).nextInt(8) == 0) {
        LockSupport.parkNanos(1);
      }
      if (stage == failing && row == 57) {
        throw new IOException(stage + " failed at row " + row);
      }
    }
  }

  /** Runs to the end, with {@code late} batches at the device, as the task does. */
  private static StageTimes run(Doubling work, Pipeline<Numbers, Worker> pipeline, int late)
      throws IOException, InterruptedException {
    Deque<Numbers> sent = new ArrayDeque<>();
    while (true) {
      while (!sent.isEmpty() && (sent.size() > late || !pipeline.isReady())) {
        work.compute(sent.element());
        pipeline.give(sent.poll());
      }
      Numbers batch = pipeline.take();
      if (batch == null) {
        break;
      }
      sent.add(batch);
    }
    while (!sent.isEmpty()) {
      work.compute(sent.element());
      pipeline.give(sent.poll());
    }
    return pipeline.finish();
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.matches(".*-(read|(write|decode)-[0-9]+)"))
        .toList();
  }

  @AfterEach
  void noThreadIsLeft() {
    assertThat(threads()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 11, 437})
  void everyRowComesOutOnceAndInOrder(int count) throws Exception {
    for (int workers : new int[] {1, 2, 5}) {
      for (int batches : new int[] {1, 2, 3, 8}) {
        for (int late : new int[] {0, 1}) {
          Doubling work = new Doubling(count, null);
          try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, workers, 1, batches)) {
            StageTimes times = run(work, pipeline, late);

            assertThat(work.written)
                .isEqualTo(IntStream.range(0, count).mapToObj(i -> 2 * i + 1).toList());
            assertThat(pipeline.workers()).hasSize(workers);
            assertThat(pipeline.workers().stream().mapToLong(worker -> worker.measured).sum())
                .isEqualTo((long) count * count);
            assertThat(times.waited().values()).allMatch(share -> share <= 1 && share > -0.01);
          }
          assertThat(work.open).hasValue(0);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 10, 11, 437})
  void eachWriterGetsTheBatchesThatAreItsTurnInOrder(int count) throws Exception {
    for (int writers : new int[] {2, 3, 5}) {
      for (int batches : new int[] {1, 2, 8}) {
        Doubling work = new Doubling(count, null);
        try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 2, writers, batches)) {
          StageTimes times = run(work, pipeline, 1);
          assertThat(times.waited().get("write")).isBetween(-0.01, 1.0);
        }
        assertThat(work.written).hasSize(count);
        for (int writer = 0; writer < writers; writer++) {
          int turn = writer;
          assertThat(work.byWriter.getOrDefault(writer, List.of()))
              .isEqualTo(
                  IntStream.range(0, count)
                      .filter(i -> i / BATCH % writers == turn)
                      .mapToObj(i -> 2 * i + 1)
                      .toList());
        }
      }
    }
  }

  @Test
  void severalWritersWriteAtATime() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    Doubling work =
        new Doubling(2 * BATCH, null) {
          @Override
          public void write(Numbers batch, int writer) throws IOException {
            try {
              both.await(30, TimeUnit.SECONDS);
            } catch (Exception e) {
              throw new IOException("the other writer does not write", e);
            }
            super.write(batch, writer);
          }
        };
    try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 1, 2, 2)) {
      run(work, pipeline, 0);
    }
    assertThat(work.written).hasSize(2 * BATCH);
  }

  @Test
  void noMoreBatchesAreHeldThanWereAskedFor() throws Exception {
    Doubling work = new Doubling(1_000, null);
    work.writes = new CountDownLatch(1);
    AtomicReference<Throwable> failed = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 2, 1, 3)) {
                run(work, pipeline, 1);
              } catch (IOException | InterruptedException e) {
                failed.set(e);
              }
            });
    caller.start();
    while (work.read.get() < 3 * BATCH) {
      Thread.sleep(1);
    }
    // The writer stands still: nobody may read on, however long it takes.
    Thread.sleep(100);
    assertThat(work.read).hasValue(3 * BATCH);

    work.writes.countDown();
    caller.join();

    assertThat(failed).hasNullValue();
    assertThat(work.written).hasSize(1_000);
    assertThat(work.batches).hasSize(3);
    assertThat(work.ahead).isLessThanOrEqualTo(3 * BATCH);
  }

  @ParameterizedTest
  @EnumSource(Stage.class)
  void theFirstFailureOfAnyStageIsTheCallersAndEndsAll(Stage stage) {
    Doubling work = new Doubling(10_000, stage);
    assertThatThrownBy(
            () -> {
              try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 3, 1, 4)) {
                run(work, pipeline, 1);
              }
            })
        .isExactlyInstanceOf(IOException.class)
        .hasMessage(stage + " failed at row 57");
    assertThat(work.open).hasValue(0);
    assertThat(work.written).hasSizeLessThanOrEqualTo(57);
  }

  @Test
  void aWorkerThatCannotBeMadeIsAFailureToo() {
    Doubling work =
        new Doubling(100, null) {
          @Override
          public Worker worker() {
            throw new OutOfMemoryError("no room for a decoder");
          }
        };
    assertThatThrownBy(
            () -> {
              try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 2, 1, 3)) {
                run(work, pipeline, 0);
              }
            })
        .isInstanceOf(OutOfMemoryError.class);
  }

  @Test
  void anInterruptedCallerEndsEveryThread() throws Exception {
    Doubling work = new Doubling(10_000, null);
    // The writer waits for ever, and so in the end do all.
    work.writes = new CountDownLatch(1);
    AtomicReference<Throwable> ended = new AtomicReference<>();
    Thread caller =
        new Thread(
            () -> {
              try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 2, 1, 3)) {
                run(work, pipeline, 0);
              } catch (IOException | InterruptedException e) {
                ended.set(e);
              }
            });
    caller.start();
    while (work.read.get() < 3 * BATCH) {
      Thread.sleep(1);
    }
    caller.interrupt();
    caller.join(TimeUnit.SECONDS.toMillis(30));

    assertThat(caller.isAlive()).isFalse();
    assertThat(ended.get()).isInstanceOf(InterruptedException.class);
    assertThat(work.open).hasValue(0);
  }

  @Test
  void sharesOfWaitingTellTheSlowStage() throws Exception {
    Doubling work = new Doubling(400, null);
    try (Pipeline<Numbers, Worker> pipeline = Pipeline.start(work, 2, 1, 4)) {
      Numbers batch;
      while ((batch = pipeline.take()) != null) {
        Thread.sleep(5);
        work.compute(batch);
        pipeline.give(batch);
      }
      StageTimes times = pipeline.finish();

      assertThat(times.waited().get("encode")).isLessThan(0.5);
      assertThat(times.waited().get("write")).isGreaterThan(0.5);
      assertThat(StageTimes.sum(List.of(times, times)).waited()).isEqualTo(times.waited());
    }
  }
}
