package dev.tessera.jobs.run;

import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Ctrl-C, SIGTERM and SIGHUP of a command at the terminal: one line that says where the work
 * stands, then silence, executors that are gone within seconds, and the exit code that shells
 * expect, 128 and the signal's number. The state is the process's, as signals are.
 *
 * <p>At a terminal executors on this machine get the same Ctrl-C and die beside the driver; without
 * this the driver would take them for lost ones and begin an attempt that nobody wants.
 */
public final class Interruption {

  /** What a session that was told to stop, and the command's own cleaning up, may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  /** What Java's and Spark's own hooks may take afterwards. */
  private static final Duration EXIT = Duration.ofMillis(1500);

  /** Between two looks at whether the session has begun to stop. */
  private static final Duration GLANCE = Duration.ofMillis(5);

  private static final String ANYWHERE =
      "stopped before it was done; nothing half-done is kept: run it again";

  /** What may still be done before the process is halted. */
  private static final Duration LAST = Duration.ofMillis(1500);

  private static final AtomicReference<Runnable> AT_HALT = new AtomicReference<>(() -> {});
  private static final AtomicReference<Signal> HAPPENED = new AtomicReference<>();
  private static final AtomicReference<Supplier<String>> STANDING = new AtomicReference<>();
  private static final CountDownLatch UNWOUND = new CountDownLatch(1);
  private static volatile boolean ended;

  private Interruption() {}

  /** Listens from now on; the calling thread is the command's. */
  public static void listen(PrintWriter err) {
    Thread command = Thread.currentThread();
    for (Signal signal : Signal.values()) {
      signal.handle(() -> received(signal, command, err));
    }
  }

  /** Whether the process was told to end: nothing is printed from then on, and nothing begun. */
  public static boolean happened() {
    return HAPPENED.get() != null;
  }

  /**
   * Until it is closed, {@code sentence} tells where the work stands and how to go on. Where
   * several are open the first tells: it knows the whole.
   */
  public static Standing standing(Supplier<String> sentence) {
    boolean first = STANDING.compareAndSet(null, sentence);
    return () -> {
      if (first) {
        STANDING.set(null);
      }
    };
  }

  /** Done if the process is halted before its shutdown hooks have ended; may be so beside them. */
  public static void atHalt(Runnable last) {
    AT_HALT.set(last);
  }

  /** What {@link #standing} gives. */
  public interface Standing extends AutoCloseable {
    @Override
    void close();
  }

  /** Ends the process with a command's exit code, or with the signal's. Never returns. */
  public static void exit(int code) {
    ended = true;
    if (!happened()) {
      System.exit(code);
    }
    UNWOUND.countDown();
    while (true) {
      sleep(PATIENCE); // The signal's thread ends the process.
    }
  }

  private static void received(Signal signal, Thread command, PrintWriter err) {
    if (!HAPPENED.compareAndSet(null, signal)) {
      Runtime.getRuntime().halt(signal.exitCode());
    }
    if (ended) {
      return; // The work is done and the process ends already; a second signal ends it at once.
    }
    SparkLogging.silence();
    Supplier<String> standing = STANDING.get();
    if (Terminal.present()) {
      err.println(); // The terminal's own ^C stands on the progress line.
    }
    err.println("tessera: " + (standing == null ? ANYWHERE : standing.get()));
    err.flush();
    // What libraries print of their threads' ends, past every log, tells the user nothing.
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
    end(signal, command);
  }

  private static void end(Signal signal, Thread command) {
    boolean session = Session.isOpen();
    Thread stop = daemon("tessera-stop", Session::stop);
    stop.start();
    long deadline = System.nanoTime() + (session ? PATIENCE : EXIT).toNanos();
    while (Session.isOpen() && stop.isAlive() && System.nanoTime() < deadline) {
      sleep(GLANCE);
    }
    // Executors on this machine at once: one that still runs a task makes anew what the command,
    // cleaning up, takes away.
    ProcessHandle.current().descendants().forEach(ProcessHandle::destroy);
    // After the session began to stop: on an interrupted thread Spark would leave that half-done.
    command.interrupt();
    await(UNWOUND, deadline);
    join(stop, deadline);
    List<ProcessHandle> children = ProcessHandle.current().descendants().toList();
    children.forEach(ProcessHandle::destroyForcibly);
    daemon(
            "tessera-halt",
            () -> {
              sleep(EXIT);
              // Hooks of libraries were slow, and ours, the last, has not run.
              Thread last = daemon("tessera-last", AT_HALT.get());
              last.start();
              join(last, System.nanoTime() + LAST.toNanos());
              Runtime.getRuntime().halt(signal.exitCode());
            })
        .start();
    System.exit(signal.exitCode());
  }

  private static Thread daemon(String name, Runnable body) {
    Thread thread = new Thread(body, name);
    thread.setDaemon(true);
    return thread;
  }

  private static void await(CountDownLatch latch, long deadline) {
    try {
      // Either way the process ends.
      boolean ignored = latch.await(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void join(Thread thread, long deadline) {
    try {
      thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void sleep(Duration time) {
    try {
      TimeUnit.MILLISECONDS.sleep(time.toMillis());
    } catch (InterruptedException e) {
      // Whoever sleeps here waits for the end of the process.
    }
  }
}
