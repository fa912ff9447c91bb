package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.train.Collective;
import dev.tessera.spark.settings.Timeouts;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Callers that prove nothing: few are heard at once, none for long, and none stays. */
class StrangersTest {

  private static final int SILENT = 250;
  private static final int SLOW = 100;

  private final List<TcpListener> listeners = Gang.listeners(2);
  private final List<Peer> peers = Gang.peers(listeners);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Socket> strangers = new ArrayList<>();

  @AfterEach
  void close() throws IOException {
    threads.shutdownNow();
    listeners.forEach(TcpListener::close);
    for (Socket stranger : strangers) {
      stranger.close();
    }
  }

  private Future<Collective> connect(int rank, Timeouts timeouts) {
    return threads.submit(
        () ->
            TcpCollective.connect(
                listeners.get(rank), Gang.RUN, rank, peers, Algorithm.RING, timeouts));
  }

  private Socket stranger() throws IOException {
    Socket stranger = new Socket(InetAddress.getLoopbackAddress(), peers.get(0).port());
    stranger.setSoTimeout(10_000);
    strangers.add(stranger);
    return stranger;
  }

  private static long hearings() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals("tessera-collective-reception-0"))
        .count();
  }

  private static boolean isHungUpOn(Socket stranger) throws IOException {
    try {
      byte[] reply = new byte[1024];
      int count = stranger.getInputStream().read(reply);
      while (count > 0) {
        count = stranger.getInputStream().read(reply);
      }
      return count < 0;
    } catch (SocketException e) {
      return true; // reset
    }
  }

  /** Says what begins like the protocol, a byte at a time and never to the end. */
  private static void drip(List<Socket> slow, int round) {
    byte[] text = "TESB0123456789".getBytes(StandardCharsets.US_ASCII);
    for (Socket socket : slow) {
      try {
        socket.getOutputStream().write(text[round % text.length]);
      } catch (IOException e) {
        // Hung up on.
      }
    }
  }

  @Test
  void hundredsOfThemNeitherKeepARankOutNorStay() throws Exception {
    Future<Collective> first = connect(0, Gang.PATIENT);
    int most = 0;
    List<Socket> slow = new ArrayList<>();
    for (int i = 0; i < SILENT + SLOW; i++) {
      Socket socket = stranger();
      if (i >= SILENT) {
        slow.add(socket);
      }
      most = Math.max(most, (int) hearings());
    }
    Future<?> dripping =
        threads.submit(
            () -> {
              for (int round = 0; !Thread.currentThread().isInterrupted(); round++) {
                drip(slow, round);
                Thread.sleep(20);
              }
              return null;
            });
    Future<Collective> second = connect(1, Gang.PATIENT);

    try (Collective zero = first.get();
        Collective one = second.get()) {
      dripping.cancel(true);
      assertThat(most).isPositive().isLessThanOrEqualTo(Reception.MAX_HEARINGS + 1);
      for (Socket stranger : strangers) {
        assertThat(isHungUpOn(stranger)).isTrue();
      }
      assertThat(hearings()).isZero();
      assertThatThrownBy(this::stranger).isInstanceOf(ConnectException.class);
      Future<?> there = threads.submit(zero::barrier);
      one.barrier();
      there.get();
    }
  }

  @Test
  void oneThatIsSlowIsHungUpOnAtADeadlineForAllItSays() throws Exception {
    Timeouts timeouts =
        new Timeouts(Duration.ofSeconds(8), Duration.ofSeconds(10), Duration.ofSeconds(20));
    Future<Collective> waiting = connect(0, timeouts);
    Socket slow = stranger();
    slow.setSoTimeout(10);
    boolean open = true;
    for (int round = 0; open && !waiting.isDone(); round++) {
      drip(List.of(slow), round);
      Thread.sleep(100);
      open = !endsNow(slow);
    }

    // A rank is waited for four times as long as a caller.
    assertThat(waiting.isDone()).isFalse();
    assertThat(Gang.failure(waiting)).contains("refused /127.0.0.1:", "it took too long");
  }

  private static boolean endsNow(Socket socket) throws IOException {
    try {
      return isHungUpOn(socket);
    } catch (java.net.SocketTimeoutException e) {
      return false;
    }
  }

  @Test
  void theFirstAreNamedAndTheOthersCounted() throws Exception {
    Timeouts hasty =
        new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(20));
    Future<Collective> waiting = connect(0, hasty);
    for (int i = 0; i < 20; i++) {
      stranger()
          .getOutputStream()
          .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    assertThat(Gang.failure(waiting))
        .contains("rank 1 (127.0.0.1:", "it does not speak this protocol")
        .endsWith(" and 17 more");
  }
}
