package dev.tessera.spark.collective;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.train.Collective;
import dev.tessera.spark.settings.Encryption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Somebody between two ranks who changes what they send. */
class TamperedConnectionTest {

  private static final int LENGTH = 1 << 20;

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<TcpListener> listeners = Gang.listeners(2);

  @AfterEach
  void close() {
    threads.shutdownNow();
    listeners.forEach(TcpListener::close);
  }

  private Future<float[]> sum(int rank, RunIdentity run, List<Peer> peers) {
    return threads.submit(
        () -> {
          try (Collective collective =
              TcpCollective.connect(
                  listeners.get(rank), run, rank, peers, Algorithm.RING, Gang.PATIENT)) {
            float[] ones = new float[LENGTH];
            Arrays.fill(ones, 1);
            NativeFloats floats = NativeFloats.of(ones);
            collective.allReduce(floats.memory());
            collective.barrier();
            return floats.values();
          }
        });
  }

  /** In the first record, in the middle of a later one, and in a length. */
  @ParameterizedTest
  @ValueSource(ints = {250, 1_000_003, 2_000_001})
  void aFloatThatWasChangedOnTheWayIsNeverSummed(int at) throws Exception {
    List<Peer> direct = Gang.peers(listeners);
    try (TamperingRelay relay = new TamperingRelay(direct.get(0).port(), at)) {
      List<Peer> relayed = List.of(new Peer(0, "127.0.0.1", relay.port()), direct.get(1));
      Future<float[]> zero = sum(0, Gang.RUN, direct);
      Future<float[]> one = sum(1, Gang.RUN, relayed);

      assertThat(Gang.failure(zero))
          .contains("rank 1 (127.0.0.1:", "what it sent was changed on the way");
      assertThat(Gang.failure(one)).contains("what it sent was changed on the way");
    }
  }

  /** What the seal is for; and the relay does change floats. */
  @Test
  void withoutEncryptionNobodySeesIt() throws Exception {
    RunIdentity open = new RunIdentity("run", 0, Gang.RUN.secret(), false);
    List<Peer> direct = Gang.peers(listeners);
    try (TamperingRelay relay = new TamperingRelay(direct.get(0).port(), 1_000_003)) {
      List<Peer> relayed = List.of(new Peer(0, "127.0.0.1", relay.port()), direct.get(1));
      Future<float[]> zero = sum(0, open, direct);
      Future<float[]> one = sum(1, open, relayed);

      assertThat(wrong(zero.get(30, TimeUnit.SECONDS)) + wrong(one.get(30, TimeUnit.SECONDS)))
          .isPositive();
    }
  }

  /** Nobody is between ranks of one machine. */
  @Test
  void onOneMachineRanksSendInTheClearUnlessTold() throws Exception {
    RunIdentity zeroChose = chosen(0, Gang.peers(listeners));
    RunIdentity oneChose = chosen(1, Gang.peers(listeners));
    assertThat(zeroChose.sealed()).isFalse();
    assertThat(oneChose.sealed()).isFalse();
    List<Peer> direct = Gang.peers(listeners);
    Future<float[]> zero = sum(0, zeroChose, direct);
    Future<float[]> one = sum(1, oneChose, direct);
    assertThat(wrong(zero.get(30, TimeUnit.SECONDS))).isZero();
    assertThat(wrong(one.get(30, TimeUnit.SECONDS))).isZero();
  }

  /** Rank 1 is told that all ranks are where a stranger listens. */
  @Test
  void whoForgesWhereRanksAreCannotHaveThemSendInTheClear() throws Exception {
    List<Peer> direct = Gang.peers(listeners);
    List<Peer> forged =
        List.of(new Peer(0, "192.0.2.7", 7400), new Peer(1, "192.0.2.7", direct.get(1).port()));
    RunIdentity fooled = chosen(1, forged);
    assertThat(fooled.sealed()).isTrue();
    Future<float[]> zero = sum(0, chosen(0, direct), direct);
    Future<float[]> one = sum(1, fooled, direct); // through the stranger, to rank 0

    assertThat(Gang.failure(one)).contains("ranks that encrypt and ranks that do not cannot talk");
    listeners.get(0).close();
    assertThat(Gang.failure(zero)).startsWith("Rank 0 was stopped");
  }

  private RunIdentity chosen(int rank, List<Peer> told) {
    List<String> hosts = told.stream().map(Peer::host).toList();
    boolean sealed = Encryption.AUTO.seals(listeners.get(rank).address(), hosts);
    return new RunIdentity("run", 0, Gang.RUN.secret(), sealed);
  }

  private static int wrong(float[] sums) {
    int wrong = 0;
    for (float sum : sums) {
      wrong += sum == 2 ? 0 : 1;
    }
    return wrong;
  }

  @Test
  void aRelayThatChangesNothingIsNoObstacle() throws Exception {
    List<Peer> direct = Gang.peers(listeners);
    try (TamperingRelay relay = new TamperingRelay(direct.get(0).port(), -1)) {
      List<Peer> relayed = List.of(new Peer(0, "127.0.0.1", relay.port()), direct.get(1));
      Future<float[]> zero = sum(0, Gang.RUN, direct);
      Future<float[]> one = sum(1, Gang.RUN, relayed);

      assertThat(wrong(zero.get(30, TimeUnit.SECONDS))).isZero();
      assertThat(wrong(one.get(30, TimeUnit.SECONDS))).isZero();
    }
  }

  @Test
  void ranksThatEncryptAndRanksThatDoNotRefuseEachOther() throws Exception {
    RunIdentity open = new RunIdentity("run", 0, Gang.RUN.secret(), false);
    List<Peer> direct = Gang.peers(listeners);
    Future<float[]> zero = sum(0, Gang.RUN, direct);
    Future<float[]> one = sum(1, open, direct);

    assertThat(Gang.failure(one)).contains("ranks that encrypt and ranks that do not cannot talk");
    listeners.get(0).close();
    assertThat(Gang.failure(zero)).startsWith("Rank 0 was stopped");
  }
}
