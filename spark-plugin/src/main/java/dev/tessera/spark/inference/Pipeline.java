package dev.tessera.spark.inference;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Batches of rows on their way through stages that do not wait for one another: one thread reads,
 * several decode, the caller's computes between {@link #take} and {@link #give}, the several
 * measure, and one or a few write, each batch the next of them. Batches keep their order for each
 * writer; within a batch the several work row by row.
 *
 * <p>There are never more batches than were asked for, which bounds the memory: whoever is ahead
 * waits until a batch has been written and can be filled again. The first failure of any stage ends
 * all of them and is what the caller gets. Once {@link #close} returns no thread is left.
 *
 * @param <B> a batch, reused
 * @param <W> what one of the several threads keeps
 */
final class Pipeline<B, W extends Closeable> implements Closeable {

  /** What the stages do. Each method is called by its own stage's threads. */
  interface Work<B, W> {

    /** A batch to fill. */
    B batch();

    /** Fills a batch with the next rows; returns how many, 0 at the end. */
    int read(B batch) throws IOException;

    /** What one of the threads that decode and measure keeps. */
    W worker();

    /** Prepares one row for {@link #take}. */
    void decode(B batch, int row, W worker) throws IOException;

    /** Looks at one row of what was computed. */
    void measure(B batch, int row, W worker) throws IOException;

    /**
     * Writes a batch.
     *
     * @param writer the number of the thread: batch n is written by n modulo their number
     */
    void write(B batch, int writer) throws IOException;
  }

  /** Rows that a thread takes at once: few, so that all share one batch. */
  private static final int PIECE = 4;

  /** A batch on its way. */
  private static final class Flight<B> {
    private final B batch;
    private int rows;
    private int unfinished;

    Flight(B batch) {
      this.batch = batch;
    }
  }

  private record Piece<B>(Flight<B> flight, int from, int to) {}

  /** What a thread does. */
  private interface Body {
    void run() throws IOException, InterruptedException;
  }

  private final Work<B, W> work;
  private final List<Thread> threads = new ArrayList<>();
  private final List<W> workers = new ArrayList<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition emptied = lock.newCondition();
  private final Condition offered = lock.newCondition();
  private final Condition decoded = lock.newCondition();
  private final Condition measured = lock.newCondition();

  // All below is guarded by the lock.
  private final Deque<Flight<B>> free = new ArrayDeque<>();
  private final Deque<Flight<B>> read = new ArrayDeque<>();
  private final Deque<Flight<B>> taken = new ArrayDeque<>();
  private final List<Deque<Flight<B>>> computed = new ArrayList<>();
  private final Deque<Piece<B>> toDecode = new ArrayDeque<>();
  private final Deque<Piece<B>> toMeasure = new ArrayDeque<>();
  private final StageClock clock;
  private long given;
  private boolean allRead;
  private boolean allComputed;
  private boolean stopped;
  private Throwable failure;

  private Pipeline(Work<B, W> work, int workers, int writers, int batches) {
    this.work = work;
    this.clock = new StageClock(workers, writers);
    for (int i = 0; i < writers; i++) {
      computed.add(new ArrayDeque<>());
    }
    for (int i = 0; i < batches; i++) {
      free.add(new Flight<>(work.batch()));
    }
  }

  /**
   * Starts all stages but the caller's.
   *
   * @param workers threads that decode and measure
   * @param writers threads that write
   * @param batches that exist at a time
   */
  static <B, W extends Closeable> Pipeline<B, W> start(
      Work<B, W> work, int workers, int writers, int batches) {
    Pipeline<B, W> pipeline = new Pipeline<>(work, workers, writers, batches);
    pipeline.thread("read", pipeline::readAll);
    for (int i = 0; i < workers; i++) {
      pipeline.thread("decode-" + i, pipeline::decodeAndMeasure);
    }
    for (int i = 0; i < writers; i++) {
      int writer = i;
      pipeline.thread("write-" + i, () -> pipeline.writeAll(writer));
    }
    pipeline.threads.forEach(Thread::start);
    return pipeline;
  }

  private void thread(String stage, Body body) {
    Thread thread =
        new Thread(
            () -> {
              try {
                body.run();
              } catch (Throwable t) {
                fail(t);
              }
            },
            Thread.currentThread().getName() + "-" + stage);
    thread.setDaemon(true);
    threads.add(thread);
  }

  /** Whether {@link #take} returns at once. */
  boolean isReady() {
    lock.lock();
    try {
      return failure != null || (allRead && read.isEmpty()) || isFinished(read.peek());
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next decoded batch, which the caller gives back when it has been computed; waits.
   *
   * @return null after the last
   */
  B take() throws IOException, InterruptedException {
    lock.lockInterruptibly();
    try {
      long start = System.nanoTime();
      while (failure == null && !(allRead && read.isEmpty()) && !isFinished(read.peek())) {
        decoded.await();
      }
      clock.starved(System.nanoTime() - start);
      throwFailure();
      Flight<B> next = read.poll();
      if (next == null) {
        return null;
      }
      taken.add(next);
      return next.batch;
    } finally {
      lock.unlock();
    }
  }

  /** Gives back the batch that was taken first: it has been computed. */
  void give(B batch) throws IOException, InterruptedException {
    lock.lock();
    try {
      throwFailure();
      Flight<B> flight = taken.poll();
      if (flight == null || flight.batch != batch) {
        throw new IllegalStateException("batches are given back in another order");
      }
      computed.get((int) (given++ % computed.size())).add(flight);
      offer(flight, toMeasure);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until all batches have been written and every thread has ended; to be called once {@link
   * #take} has returned null and all batches were given back.
   */
  StageTimes finish() throws IOException, InterruptedException {
    lock.lock();
    try {
      clock.computed();
      allComputed = true;
      offered.signalAll();
      measured.signalAll();
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    lock.lock();
    try {
      throwFailure();
      return clock.times();
    } finally {
      lock.unlock();
    }
  }

  /** What the threads that decode and measure kept; after {@link #finish}. */
  List<W> workers() {
    lock.lock();
    try {
      return List.copyOf(workers);
    } finally {
      lock.unlock();
    }
  }

  /** Ends every thread that is left, and waits for it. */
  @Override
  public void close() {
    stop();
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void readAll() throws IOException, InterruptedException {
    while (true) {
      Flight<B> flight = awaitFree();
      long start = System.nanoTime();
      int rows = work.read(flight.batch);
      long nanos = System.nanoTime() - start;
      lock.lock();
      try {
        clock.read(nanos);
        if (rows == 0) {
          allRead = true;
          decoded.signalAll();
          return;
        }
        flight.rows = rows;
        read.add(flight);
        offer(flight, toDecode);
      } finally {
        lock.unlock();
      }
    }
  }

  private Flight<B> awaitFree() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (free.isEmpty()) {
        await(emptied);
      }
      return free.poll();
    } finally {
      lock.unlock();
    }
  }

  private void decodeAndMeasure() throws IOException, InterruptedException {
    try (W worker = work.worker()) {
      lock.lock();
      try {
        workers.add(worker);
      } finally {
        lock.unlock();
      }
      while (true) {
        lock.lockInterruptibly();
        boolean measures;
        Piece<B> piece;
        try {
          while (toMeasure.isEmpty() && toDecode.isEmpty()) {
            if (allComputed) {
              return;
            }
            await(offered);
          }
          // The nearer to its end a batch is, the sooner it can be filled again.
          measures = !toMeasure.isEmpty();
          piece = measures ? toMeasure.poll() : toDecode.poll();
        } finally {
          lock.unlock();
        }
        long start = System.nanoTime();
        for (int row = piece.from; row < piece.to; row++) {
          if (measures) {
            work.measure(piece.flight.batch, row, worker);
          } else {
            work.decode(piece.flight.batch, row, worker);
          }
        }
        done(piece, measures, System.nanoTime() - start);
      }
    }
  }

  private void done(Piece<B> piece, boolean measures, long nanos) {
    lock.lock();
    try {
      if (measures) {
        clock.measured(nanos);
      } else {
        clock.decoded(nanos);
      }
      if (--piece.flight.unfinished == 0) {
        (measures ? measured : decoded).signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  private void writeAll(int writer) throws IOException, InterruptedException {
    Deque<Flight<B>> own = computed.get(writer);
    while (true) {
      Flight<B> flight;
      lock.lockInterruptibly();
      try {
        while (!isFinished(own.peek())) {
          if (allComputed && own.isEmpty()) {
            return;
          }
          await(measured);
        }
        flight = own.poll();
      } finally {
        lock.unlock();
      }
      long start = System.nanoTime();
      work.write(flight.batch, writer);
      long nanos = System.nanoTime() - start;
      lock.lock();
      try {
        clock.wrote(nanos);
        free.add(flight);
        emptied.signal();
      } finally {
        lock.unlock();
      }
    }
  }

  /** Cuts a batch into pieces for the several threads. */
  private void offer(Flight<B> flight, Deque<Piece<B>> target) {
    for (int from = 0; from < flight.rows; from += PIECE) {
      target.add(new Piece<>(flight, from, Math.min(flight.rows, from + PIECE)));
      flight.unfinished++;
    }
    offered.signalAll();
  }

  private static boolean isFinished(Flight<?> flight) {
    return flight != null && flight.unfinished == 0;
  }

  /** Waits for a change; an interrupt that a stage's work has swallowed still ends its thread. */
  @SuppressWarnings("WaitNotInLoop") // Its callers loop.
  private void await(Condition change) throws InterruptedException {
    if (stopped) {
      throw new InterruptedException();
    }
    change.await();
  }

  private void fail(Throwable t) {
    lock.lock();
    try {
      if (failure == null && !stopped) {
        failure = t;
      }
    } finally {
      lock.unlock();
    }
    stop();
  }

  private void stop() {
    lock.lock();
    try {
      stopped = true;
      List.of(emptied, offered, decoded, measured).forEach(Condition::signalAll);
    } finally {
      lock.unlock();
    }
    for (Thread thread : threads) {
      if (thread != Thread.currentThread()) {
        thread.interrupt();
      }
    }
  }

  private void throwFailure() throws IOException, InterruptedException {
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof InterruptedException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }
}
