package dev.tessera.spark.collective;

import dev.tessera.spark.settings.Timeouts;
import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;

/**
 * Sends and receives at once on the rank's own thread: neither direction ever waits for the other,
 * whatever the sockets' buffers hold, so no order of ranks can deadlock.
 */
final class Duplex {

  /** A small message's answer is usually there sooner than a sleeping thread would wake. */
  private static final long SPIN_NANOS = 20_000;

  private final Selector selector;
  private final Mesh mesh;
  private final StallClock clock;
  private Link watchedIn;
  private Link watchedOut;

  Duplex(Selector selector, Mesh mesh, Timeouts timeouts) {
    this.selector = selector;
    this.mesh = mesh;
    this.clock = new StallClock(timeouts);
  }

  /** Moves both messages whole; either may be null. */
  void run(Outbox out, Inbox in, MessageHeader call) {
    clock.progress(System.nanoTime());
    boolean sends = out != null;
    boolean receives = in != null;
    while (sends || receives) {
      boolean moved = sends && send(out, received(in));
      moved |= receives && receive(in);
      sends = sends && !out.done();
      receives = receives && !in.done();
      if (moved) {
        clock.progress(System.nanoTime());
      } else {
        idle(sends ? out : null, receives ? in : null, call, received(in));
      }
    }
  }

  private static long received(Inbox in) {
    return in == null ? 0 : in.received();
  }

  private boolean send(Outbox out, long received) {
    try {
      return out.ready(received) && out.write(received);
    } catch (IOException e) {
      throw mesh.lost(out.link(), e);
    }
  }

  private boolean receive(Inbox in) {
    try {
      return in.read();
    } catch (IOException e) {
      throw mesh.lost(in.link(), e);
    }
  }

  private void idle(Outbox out, Inbox in, MessageHeader call, long received) {
    long now = System.nanoTime();
    if (clock.idleNanos(now) < SPIN_NANOS) {
      Thread.onSpinWait();
      return;
    }
    await(out, in, received, clock.millisToNext(now));
    mesh.check();
    switch (clock.due(System.nanoTime())) {
      case INQUIRY, SECOND_INQUIRY -> mesh.inquire();
      case WARNING -> mesh.warn(call, waitingFor(out, in), idleSeconds());
      case FAILURE -> {
        if (!mesh.waitsForWork(call) || !clock.extend(System.nanoTime())) {
          throw mesh.late(call, waitingFor(out, in), idleSeconds());
        }
      }
      case NOTHING -> {}
    }
  }

  private void await(Outbox out, Inbox in, long received, long millis) {
    int writing = out != null && out.ready(received) ? SelectionKey.OP_WRITE : 0;
    try {
      watch(in == null ? null : in.link(), out == null ? null : out.link(), writing);
      selector.select(key -> {}, millis);
      if (Thread.currentThread().isInterrupted()) {
        throw mesh.interrupted();
      }
    } catch (IOException | CancelledKeyException e) {
      throw mesh.lost(in != null ? in.link() : out.link(), e);
    }
  }

  private void watch(Link in, Link out, int writing) {
    if (watchedIn != null && watchedIn != in) {
      watchedIn.interest(0); // else its next message would wake this rank for nothing
    }
    if (watchedOut != null && watchedOut != out && watchedOut != in) {
      watchedOut.interest(0);
    }
    if (in != null) {
      in.interest(SelectionKey.OP_READ | (in == out ? writing : 0));
    }
    if (out != null && out != in) {
      out.interest(writing);
    }
    watchedIn = in;
    watchedOut = out;
  }

  private double idleSeconds() {
    return clock.idleNanos(System.nanoTime()) / 1e9;
  }

  private static String waitingFor(Outbox out, Inbox in) {
    return in != null
        ? in.missing() + " bytes missing from " + in.link().peer()
        : out.link().peer() + " takes no bytes";
  }
}
