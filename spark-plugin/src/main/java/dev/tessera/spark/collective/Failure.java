package dev.tessera.spark.collective;

import dev.tessera.models.train.CollectiveException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Why a collective is broken: the first reason stands. */
final class Failure {

  private final AtomicReference<String> reason = new AtomicReference<>();
  private final List<Runnable> hooks = new CopyOnWriteArrayList<>();
  private final CountDownLatch known = new CountDownLatch(1);

  /** Returns whether this is the first reason. */
  boolean record(String why) {
    boolean first = reason.compareAndSet(null, why);
    known.countDown();
    if (first) {
      hooks.forEach(Runnable::run);
    }
    return first;
  }

  /**
   * Runs {@code hook} once there is a reason: at once if there is one, else on its teller's thread.
   */
  void whenKnown(Runnable hook) {
    hooks.add(hook);
    if (happened()) {
      hook.run();
    }
  }

  boolean happened() {
    return reason.get() != null;
  }

  void check() {
    if (happened()) {
      throw exception(null);
    }
  }

  CollectiveException exception(Throwable cause) {
    return new CollectiveException(reason.get(), cause);
  }

  /** Waits a little for a reason that is on its way. */
  void await(long millis) {
    try {
      boolean ignored = known.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
