package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.train.Collective;
import dev.tessera.spark.settings.Timeouts;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RendezvousTest {

  private static final Timeouts HASTY =
      new Timeouts(Duration.ofSeconds(2), Duration.ofSeconds(10), Duration.ofSeconds(20));

  private final List<TcpListener> listeners = Gang.listeners(2);
  private final List<Peer> peers = Gang.peers(listeners);
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void close() {
    threads.shutdownNow();
    listeners.forEach(TcpListener::close);
  }

  private Future<Collective> connect(int rank, RunIdentity run, Timeouts timeouts) {
    return threads.submit(
        () ->
            TcpCollective.connect(listeners.get(rank), run, rank, peers, Algorithm.RING, timeouts));
  }

  @Test
  void refusesAnotherSecret() throws Exception {
    Future<Collective> honest = connect(0, Gang.RUN, HASTY);
    Future<Collective> stranger =
        connect(1, Gang.identity("run", 0, "another secret altogether"), HASTY);
    assertThat(Gang.failure(stranger))
        .startsWith("rank 0 (127.0.0.1:")
        .endsWith("refused rank 1: it does not share this run's secret");
    assertThat(Gang.failure(honest))
        .startsWith("rank 1 (127.0.0.1:")
        .contains("did not connect to rank 0 within PT2S")
        .contains("it does not share this run's secret");
  }

  @Test
  void refusesAnotherAttemptAndServesTheRightOne() throws Exception {
    Future<Collective> first = connect(0, Gang.RUN, Gang.PATIENT);
    Future<Collective> late = connect(1, Gang.identity("run", 1, "a secret of this test"), HASTY);
    assertThat(Gang.failure(late)).contains("it is of run run, attempt 1, not of run run");
    Future<Collective> second = connect(1, Gang.RUN, Gang.PATIENT);
    first.get().close();
    second.get().close();
  }

  @Test
  void strangersHoldNobodyUp() throws Exception {
    Future<Collective> first = connect(0, Gang.RUN, Gang.PATIENT);
    try (Socket silent = new Socket(InetAddress.getLoopbackAddress(), peers.get(0).port());
        Socket loud = new Socket(InetAddress.getLoopbackAddress(), peers.get(0).port())) {
      OutputStream out = loud.getOutputStream();
      out.write(
          "GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
      out.flush();
      Future<Collective> second = connect(1, Gang.RUN, Gang.PATIENT);
      first.get().close();
      second.get().close();
      assertThat(silent.isConnected()).isTrue();
    }
  }

  @Test
  void namesTheRankThatIsNotThere() throws Exception {
    assertThat(Gang.failure(connect(1, Gang.RUN, HASTY)))
        .startsWith("rank 0 (127.0.0.1:")
        .endsWith("did not answer rank 1 within PT2S");
    listeners.get(0).close();
    assertThat(Gang.failure(connect(1, Gang.RUN, Gang.PATIENT)))
        .startsWith("Rank 1 cannot connect to rank 0 (127.0.0.1:")
        .contains("refused");
  }

  @Test
  void closingTheListenerEndsConnecting() throws Exception {
    Future<Collective> calling = connect(1, Gang.RUN, Gang.PATIENT); // nobody serves rank 0
    Thread.sleep(100);
    listeners.get(1).close();
    assertThat(Gang.failure(calling)).startsWith("Rank 1 ").contains("rank 0 (127.0.0.1:");
    Future<Collective> waiting = connect(0, Gang.RUN, Gang.PATIENT);
    Thread.sleep(100);
    listeners.get(0).close();
    assertThat(Gang.failure(waiting)).startsWith("Rank 0");
  }
}
