package dev.tessera.spark.collective;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Stands between a caller and a rank, and flips a bit of a float that passes. */
final class TamperingRelay implements AutoCloseable {

  private final ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final int to;
  private final long at;

  /**
   * @param at the byte of a connection that changes; negative for none
   */
  TamperingRelay(int to, long at) throws IOException {
    this.to = to;
    this.at = at;
    threads.execute(this::serve);
  }

  int port() {
    return server.getLocalPort();
  }

  private void serve() {
    try {
      while (true) {
        Socket caller = server.accept();
        Socket rank = new Socket(InetAddress.getLoopbackAddress(), to);
        threads.execute(() -> copy(caller, rank, at));
        threads.execute(() -> copy(rank, caller, -1));
      }
    } catch (IOException e) {
      // Closed, or the rank listens no more: callers learn it as from any rank.
    }
  }

  private static void copy(Socket from, Socket into, long at) {
    try (from;
        into) {
      InputStream in = from.getInputStream();
      OutputStream out = into.getOutputStream();
      byte[] bytes = new byte[1 << 16];
      long passed = 0;
      for (int count; (count = in.read(bytes)) >= 0; passed += count) {
        if (passed <= at && at < passed + count) {
          bytes[(int) (at - passed)] ^= 0x40;
        }
        out.write(bytes, 0, count);
      }
    } catch (IOException e) {
      // One side hung up; the other is closed with it.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    threads.shutdownNow();
  }
}
