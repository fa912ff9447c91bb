package dev.tessera.spark.barrier;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Where messages of ranks arrive on the driver; attempts that run are known here, no others. */
public final class GangDesk {

  private static final Map<AttemptId, Attempt> RUNNING = new ConcurrentHashMap<>();

  /** Gangs that run or are between two attempts, and whose ranks need libtorch. */
  private static final AtomicInteger NEED_LIBTORCH = new AtomicInteger();

  private static volatile boolean open;

  private GangDesk() {}

  /** The plugin is installed in this driver. */
  public static void open() {
    open = true;
  }

  public static void close() {
    open = false;
    RUNNING.clear();
  }

  /** Answers one encoded message; never blocks. */
  public static Object receive(Object encoded) {
    // The plugin's own loader knows these messages; a task's classes travel inside, still encoded.
    GangMessage message = Wire.decodeOwn((byte[]) encoded, GangMessage.class);
    GangReply reply = answer(message);
    // Reports are sent, not asked: Spark warns of every reply to such a message.
    boolean sent = message instanceof GangMessage.Report || message instanceof GangMessage.Warned;
    return sent ? null : Wire.encode(reply);
  }

  static boolean isOpen() {
    return open;
  }

  /** Executors that start from now on will have a rank soon, until {@link #libtorchIdle}. */
  static void libtorchNeeded() {
    NEED_LIBTORCH.incrementAndGet();
  }

  static void libtorchIdle() {
    NEED_LIBTORCH.decrementAndGet();
  }

  static void add(Attempt attempt) {
    RUNNING.put(attempt.id(), attempt);
  }

  static void remove(Attempt attempt) {
    RUNNING.remove(attempt.id());
  }

  private static GangReply answer(GangMessage message) {
    if (message instanceof GangMessage.Hello) {
      return new GangReply.Welcome(NEED_LIBTORCH.get() > 0);
    }
    Attempt attempt = RUNNING.get(message.attempt());
    return attempt == null ? new GangReply.Over() : attempt.answer(message);
  }
}
