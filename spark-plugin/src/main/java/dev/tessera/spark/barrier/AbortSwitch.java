package dev.tessera.spark.barrier;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Thrown once when an attempt is cut short: runs all hooks, newest first, then those added later.
 */
final class AbortSwitch {

  private static final Logger LOG = LoggerFactory.getLogger(AbortSwitch.class);

  private final Deque<Runnable> hooks = new ArrayDeque<>();
  private volatile boolean thrown;

  boolean thrown() {
    return thrown;
  }

  void add(Runnable hook) {
    synchronized (hooks) {
      if (!thrown) {
        hooks.push(hook);
        return;
      }
    }
    run(hook);
  }

  void abort() {
    Deque<Runnable> waiting;
    synchronized (hooks) {
      thrown = true;
      waiting = new ArrayDeque<>(hooks);
      hooks.clear();
    }
    waiting.forEach(AbortSwitch::run);
  }

  private static void run(Runnable hook) {
    try {
      hook.run();
    } catch (RuntimeException e) {
      // One hook's failure must not keep the others from unblocking the rank.
      LOG.warn("A hook of an aborted rank failed", e);
    }
  }
}
