package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.barrier.GangMessage.Register;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RendezvousTest {

  private static final AttemptId ID = new AttemptId("run", 0);

  private static Register register(int partition, String host) {
    return new Register(ID, partition, host, 4000 + partition, 100 + partition);
  }

  @Test
  void ranksOfAHostAreContiguousWhateverTheOrderOfArrival() {
    for (int seed = 0; seed < 200; seed++) {
      Random random = new Random(seed);
      int size = 1 + random.nextInt(9);
      List<Register> arrivals = new ArrayList<>();
      for (int partition = 0; partition < size; partition++) {
        arrivals.add(register(partition, "host-" + random.nextInt(3)));
      }
      Collections.shuffle(arrivals, random);
      Rendezvous rendezvous = new Rendezvous(size);
      arrivals.forEach(rendezvous::register);

      List<RankPlace> places = rendezvous.places();
      assertThat(places).hasSize(size);
      for (Register at : arrivals) {
        RankPlace place = places.get(rendezvous.rankOf(at.partition()));
        assertThat(place.port()).isEqualTo(at.port());
        assertThat(place.host()).isEqualTo(at.host());
      }
      for (int rank = 0; rank < size; rank++) {
        RankPlace place = places.get(rank);
        assertThat(place.rank()).isEqualTo(rank);
        // The local rank counts back to the first of its host, and no rank of it stands elsewhere.
        assertThat(places.get(rank - place.localRank()).localRank()).isZero();
        assertThat(places.subList(rank - place.localRank(), rank + 1))
            .allSatisfy(other -> assertThat(other.host()).isEqualTo(place.host()));
      }
      assertThat(places.stream().filter(place -> place.localRank() == 0))
          .hasSize((int) arrivals.stream().map(Register::host).distinct().count());
    }
  }

  @Test
  void missingPartitionsAreNamedUntilAllAreHere() {
    Rendezvous rendezvous = new Rendezvous(3);

    assertThat(rendezvous.register(register(1, "a"))).isFalse();
    assertThat(rendezvous.register(register(1, "a"))).isFalse();
    assertThat(rendezvous.missing()).containsExactly(0, 2);
    assertThat(rendezvous.register(register(2, "a"))).isFalse();
    assertThat(rendezvous.register(register(0, "b"))).isTrue();
    assertThat(rendezvous.missing()).isEmpty();
    assertThat(rendezvous.rankOf(0)).isEqualTo(2);
  }

  @Test
  void messagesOfAnAttemptThatIsOverAreDropped() {
    Attempt attempt = new Attempt(ID, 1, new byte[32]);
    GangDesk.add(attempt);
    assertThat(answer(register(0, "a"))).isInstanceOf(GangReply.Assigned.class);
    GangDesk.remove(attempt);
    attempt.events().clear();

    assertThat(answer(register(0, "a"))).isInstanceOf(GangReply.Over.class);
    // Reports are sent, not asked: nothing is replied.
    GangMessage late = new GangMessage.Report(ID, 0, Wire.encode("late"));
    assertThat(GangDesk.receive(Wire.encode(late))).isNull();
    assertThat(attempt.events()).isEmpty();
  }

  @Test
  void theSecretIsInNoText() {
    byte[] secret = {7, 7, 7};
    GangReply reply = new GangReply.Assigned(0, List.of(), secret);

    assertThat(reply.toString()).isEqualTo("rank 0 of []");
  }

  private static Object answer(GangMessage message) {
    Object reply = GangDesk.receive(Wire.encode(message));
    return Wire.decode((byte[]) reply, RendezvousTest.class.getClassLoader());
  }
}
