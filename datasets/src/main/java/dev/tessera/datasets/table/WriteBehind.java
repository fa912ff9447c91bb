package dev.tessera.datasets.table;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * Hands blocks of bytes to a thread of its own, which gives them to a sink in order: who makes the
 * bytes does not wait for checksums and the file system as long as these keep up. A failure of the
 * sink is thrown by a later call, by {@link #close} at the latest.
 */
final class WriteBehind extends OutputStream {

  /** Where the bytes go. */
  interface Sink {
    void write(byte[] bytes, int length) throws IOException;
  }

  private static final int BLOCK_BYTES = 1 << 20;

  /** Blocks at a time: one is filled, one is written, two wait. */
  private static final int BLOCKS = 4;

  private record Block(byte[] bytes, int length) {}

  private static final Block END = new Block(new byte[0], 0);

  private final Sink sink;
  private final Thread thread;
  private final BlockingQueue<Block> full = new ArrayBlockingQueue<>(BLOCKS + 1);
  private final BlockingQueue<byte[]> empty = new ArrayBlockingQueue<>(BLOCKS);
  private int made = 1;
  private byte[] block = new byte[BLOCK_BYTES];
  private int filled;
  private boolean ended;
  private volatile Throwable failure;

  WriteBehind(String name, Sink sink) {
    this.sink = sink;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void write(int b) throws IOException {
    if (filled == BLOCK_BYTES) {
      handOver();
    }
    block[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length) {
      if (filled == BLOCK_BYTES) {
        handOver();
      }
      int part = Math.min(length - done, BLOCK_BYTES - filled);
      System.arraycopy(bytes, offset + done, block, filled, part);
      filled += part;
      done += part;
    }
  }

  private void handOver() throws IOException {
    check();
    try {
      full.put(new Block(block, filled));
      filled = 0;
      byte[] next = empty.poll();
      if (next == null && made < BLOCKS) {
        made++;
        next = new byte[BLOCK_BYTES];
      }
      block = next == null ? empty.take() : next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while writing");
    }
    check();
  }

  private void check() throws IOException {
    if (ended) {
      throw new IOException("the file is closed");
    }
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  private void run() {
    try {
      for (Block next = full.take(); next != END; next = full.take()) {
        give(next);
        empty.offer(next.bytes());
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts this thread", e);
    }
  }

  /** After a failure blocks are only passed back, so that nobody waits for them. */
  private void give(Block next) {
    if (failure == null) {
      try {
        sink.write(next.bytes(), next.length());
      } catch (IOException | RuntimeException | Error e) {
        failure = e;
      }
    }
  }

  /** Returns once all bytes have been given to the sink and the thread has ended. */
  @Override
  public void close() throws IOException {
    if (ended) {
      return;
    }
    if (failure == null) {
      full.add(new Block(block, filled));
    }
    end();
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
  }

  /** Ends the thread; bytes that it has not been given are dropped. */
  void abandon() {
    if (!ended) {
      end();
    }
  }

  private void end() {
    ended = true;
    full.add(END);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
