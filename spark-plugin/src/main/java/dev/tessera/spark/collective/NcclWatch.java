package dev.tessera.spark.collective;

import dev.tessera.spark.settings.Timeouts;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after one communicator of NCCL on a thread of its own, which also ends it: asks for
 * asynchronous errors, measures how long the rank waits for its device, and aborts as soon as the
 * TCP connections know of a failure.
 */
final class NcclWatch {

  /** How long an abort waits for the rank to leave a call of NCCL. */
  static final int GRACE_SECONDS = 2;

  private static final Logger LOG = LoggerFactory.getLogger(NcclWatch.class);
  private static final long POLL_MILLIS = 50;

  /** What the rank waits for, and since when. */
  private static final class Wait {
    private final MessageHeader step;
    private final String what;
    private final StallClock clock;
    private final long since = System.nanoTime();

    Wait(MessageHeader step, String what, StallClock clock) {
      this.step = step;
      this.what = what;
      this.clock = clock;
      clock.progress(since);
    }

    double seconds() {
      return (System.nanoTime() - since) / 1e9;
    }
  }

  private final TcpCollective host;
  private final Mesh mesh;
  private final Nccl nccl;
  private final long communicator;
  private final Timeouts timeouts;
  private final ReentrantLock calls = new ReentrantLock();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread thread;
  private volatile Wait wait;
  private volatile boolean orderly;

  NcclWatch(TcpCollective host, Nccl nccl, long communicator, Timeouts timeouts) {
    this.host = host;
    this.mesh = host.mesh();
    this.nccl = nccl;
    this.communicator = communicator;
    this.timeouts = timeouts;
    this.thread = new Thread(this::watch, "tessera-nccl-watch-" + host.rank());
    thread.setDaemon(true);
  }

  void start() {
    mesh.whenOver(over::countDown);
    thread.start();
  }

  /** Runs calls of NCCL, or work that holds them: the communicator is there until it returns. */
  void undisturbed(Runnable body) {
    enter();
    try {
      mesh.check();
      if (orderly) {
        throw new IllegalStateException("a collective is used after it was closed");
      }
      body.run();
    } finally {
      calls.unlock();
    }
  }

  /** Never behind an abort, which itself waits until the rank has destroyed its graphs. */
  private void enter() {
    try {
      do {
        mesh.check();
      } while (!calls.tryLock(POLL_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw mesh.interrupted();
    }
  }

  void waiting(MessageHeader step, String what) {
    wait = new Wait(step, what, new StallClock(timeouts));
  }

  void goingOn() {
    wait = null;
  }

  /** Ends the communicator; returns whether that was done in time. */
  boolean end(Duration patience) {
    orderly = true;
    over.countDown();
    try {
      thread.join(patience.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  private void watch() {
    try {
      while (!over.await(POLL_MILLIS, TimeUnit.MILLISECONDS)) {
        look();
      }
      finish();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    } catch (RuntimeException e) {
      LOG.warn("NCCL's communicator of rank {} was not ended in order", host.rank(), e);
    }
  }

  private void look() {
    String problem = nccl.problem(communicator);
    if (problem != null) {
      mesh.fail("NCCL on rank " + host.rank() + ": " + problem);
    }
    Wait now = wait;
    if (now != null) {
      measure(now);
    }
  }

  private void measure(Wait now) {
    switch (now.clock.due(System.nanoTime())) {
      case INQUIRY, SECOND_INQUIRY -> mesh.inquire();
      case WARNING -> mesh.warn(now.what, now.step, unfinished(), now.seconds());
      case FAILURE -> {
        // A step whose ranks are all in it may simply be long.
        boolean excused = mesh.missing(now.step).isEmpty() || mesh.waitsForWork(now.step);
        if (!excused || !now.clock.extend(System.nanoTime())) {
          mesh.fail(mesh.late(now.what, now.step, unfinished(), now.seconds()));
        }
      }
      case NOTHING -> {}
    }
  }

  private String unfinished() {
    return "the GPU of rank " + host.rank() + " has not finished it";
  }

  private void finish() throws InterruptedException {
    boolean free = calls.tryLock(GRACE_SECONDS, TimeUnit.SECONDS);
    try {
      if (mesh.isOver()) {
        nccl.abort(communicator);
      } else {
        nccl.destroy(communicator);
      }
    } finally {
      if (free) {
        calls.unlock();
      }
    }
  }
}
