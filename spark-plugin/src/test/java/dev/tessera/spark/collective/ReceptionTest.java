package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many ranks that call one at the same moment, strangers between them. */
class ReceptionTest {

  private static final int RANKS = 200;
  private static final int FLOODS = 3;
  private static final int STRANGERS = 300;

  private final TcpListener listener = TcpListener.bind("127.0.0.1");
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Socket> strangers = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void close() throws IOException {
    threads.shutdownNow();
    listener.close();
    for (Socket stranger : strangers) {
      stranger.close();
    }
  }

  /** As a rank does: again when it is hung up on. Ends with the connection that it believes in. */
  private SocketChannel call(int rank, boolean control, long deadline) throws Exception {
    while (true) {
      SocketChannel channel = SocketChannel.open();
      try {
        channel.socket().connect(new InetSocketAddress("127.0.0.1", listener.port()), 30_000);
        new Handshake(Gang.RUN, channel, deadline).ask(rank, 0, control);
        return channel;
      } catch (Handshake.RefusedException e) {
        throw e;
      } catch (IOException e) {
        channel.close();
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(50);
      }
    }
  }

  @Test
  void whoeverIsToldThatItIsAcceptedIsKept() throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    CountDownLatch start = new CountDownLatch(1);
    Map<Integer, Future<SocketChannel>> calls = new HashMap<>();
    for (int rank = 1; rank < RANKS; rank++) {
      for (boolean control : new boolean[] {false, true}) {
        int caller = rank;
        Callable<SocketChannel> call =
            () -> {
              start.await();
              return call(caller, control, deadline);
            };
        calls.put(2 * rank + (control ? 1 : 0), threads.submit(call));
      }
    }
    for (int i = 0; i < FLOODS; i++) {
      threads.submit(
          () -> {
            start.await();
            for (int j = 0; j < STRANGERS && !Thread.currentThread().isInterrupted(); j++) {
              strangers.add(new Socket(InetAddress.getLoopbackAddress(), listener.port()));
            }
            return null;
          });
    }
    Map<Integer, Connection> kept = new HashMap<>();
    try (Reception reception = new Reception(listener, Gang.RUN, 0, RANKS, Duration.ofSeconds(10));
        Selector selector = Selector.open()) {
      listener.register(selector);
      start.countDown();
      while (!reception.complete()) {
        assertThat(System.nanoTime()).as(reception.missing().toString()).isLessThan(deadline);
        selector.select(key -> {}, 100);
        reception.acceptAll();
      }
      for (int rank = 1; rank < RANKS; rank++) {
        kept.put(2 * rank, reception.take(rank, false));
        kept.put(2 * rank + 1, reception.take(rank, true));
      }
    }
    for (Map.Entry<Integer, Future<SocketChannel>> call : calls.entrySet()) {
      SocketChannel believed = call.getValue().get(60, TimeUnit.SECONDS);
      assertThat(kept.get(call.getKey()).channel().getRemoteAddress())
          .isEqualTo(believed.getLocalAddress());
      believed.close();
    }
  }

  /** It did not hear that it was accepted: the former connection is nobody's. */
  @Test
  void aRankThatCallsAgainReplacesItsFormerConnection() throws Exception {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    try (Reception reception = new Reception(listener, Gang.RUN, 0, 2, Duration.ofSeconds(10));
        Selector selector = Selector.open()) {
      listener.register(selector);
      Future<?> calling =
          threads.submit(
              () -> {
                call(1, false, deadline).close();
                SocketChannel again = call(1, false, deadline);
                SocketChannel control = call(1, true, deadline);
                return List.of(again, control);
              });
      while (!reception.complete()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        selector.select(key -> {}, 100);
        reception.acceptAll();
      }
      List<?> believed = (List<?>) calling.get(60, TimeUnit.SECONDS);
      assertThat(reception.take(1, false).channel().getRemoteAddress())
          .isEqualTo(((SocketChannel) believed.get(0)).getLocalAddress());
      assertThat(reception.take(1, false).channel().isOpen()).isTrue();
    }
  }
}
