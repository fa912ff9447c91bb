package dev.tessera.spark.device;

import java.util.Deque;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that a task's libtorch runs on, a rank's or an inference task's, lent for one task at
 * a time and kept for the next: a second native thread in a JVM runs several times slower for good
 * once another has used libtorch's intra-op parallelism, so an executor's later attempts and runs
 * return to the thread of the first.
 */
public final class RankThread {

  private static final Logger LOG = LoggerFactory.getLogger(RankThread.class);
  private static final Deque<RankThread> IDLE = new ConcurrentLinkedDeque<>();

  private final LinkedBlockingQueue<Runnable> work = new LinkedBlockingQueue<>();
  private final Thread thread = new Thread(this::serve, "tessera-rank-idle");

  private RankThread() {
    thread.setDaemon(true);
    thread.start();
  }

  /** Runs {@code body} on an idle rank thread, under the name and class loader given. */
  public static <T> Run<T> start(String name, ClassLoader loader, Callable<T> body) {
    RankThread idle = IDLE.pollFirst();
    RankThread chosen = idle == null ? new RankThread() : idle;
    Run<T> run = new Run<>(chosen.thread, body);
    chosen.work.add(
        () -> {
          chosen.thread.setName(name);
          chosen.thread.setContextClassLoader(loader);
          run.call();
          chosen.thread.setName("tessera-rank-idle");
          chosen.thread.setContextClassLoader(null);
          IDLE.addFirst(chosen);
          run.ended.countDown();
        });
    return run;
  }

  /**
   * Does {@code work} before the next task, on the thread that this task will be given: it waits
   * there for its end. What it throws is left to the task to meet again.
   */
  public static void ahead(Runnable work) {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    RankThread idle = IDLE.pollFirst();
    RankThread chosen = idle == null ? new RankThread() : idle;
    chosen.work.add(
        () -> {
          chosen.thread.setContextClassLoader(loader);
          try {
            work.run();
          } catch (Throwable e) {
            // Whatever it is, the thread has to serve its task.
            LOG.debug("What a rank's thread did ahead of its task failed", e);
          }
          chosen.thread.setContextClassLoader(null);
        });
    // Its queue keeps the order.
    IDLE.addFirst(chosen);
  }

  private void serve() {
    while (true) {
      try {
        work.take().run();
      } catch (InterruptedException e) {
        // An interrupt that came after its task had ended: nobody's any more.
      }
    }
  }

  /** One task on a rank thread. */
  public static final class Run<T> {
    private final Thread thread;
    private final FutureTask<T> result;
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean running;
    private boolean interrupted;

    private Run(Thread thread, Callable<T> body) {
      this.thread = thread;
      this.result = new FutureTask<>(body);
    }

    private void call() {
      synchronized (this) {
        running = true;
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
      result.run();
      synchronized (this) {
        running = false;
        Thread.interrupted();
      }
    }

    /** Interrupts the task, also before it begins; never a later one on the same thread. */
    public synchronized void interrupt() {
      interrupted = true;
      if (running) {
        thread.interrupt();
      }
    }

    /** The task's result; waits. */
    public T get() throws InterruptedException, ExecutionException {
      return result.get();
    }

    /** Waits until the thread is free again; returns whether it is. */
    public boolean awaitEnd(long millis) throws InterruptedException {
      return ended.await(millis, TimeUnit.MILLISECONDS);
    }
  }
}
