package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.models.StorageException;
import dev.tessera.models.UserException;
import dev.tessera.models.train.CollectiveException;
import dev.tessera.models.train.DivergedException;
import dev.tessera.models.train.ReplicasDifferException;
import java.lang.reflect.Constructor;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

/** The driver knows what to do about a failure even where the exception cannot travel. */
class ToldFailureTest {

  /** Holds a class that no message may hold. */
  private static final class Foreign extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("unused") // It is what travels.
    private final PriorityQueue<String> state = new PriorityQueue<>(List.of("a"));

    Foreign() {
      super("from a library");
    }
  }

  /** Cannot be serialised at all. */
  private static final class Fixed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("unused") // It is what does not travel.
    private final Object state = new Object();

    Fixed() {
      super("fixed");
    }
  }

  private static Throwable travelled(Throwable thrown) {
    ToldFailure told = ToldFailure.of(thrown);
    ToldFailure arrived = Wire.decodeOwn(Wire.encode(told), ToldFailure.class);
    return arrived.cause(ToldFailureTest.class.getClassLoader());
  }

  /** The loop's own exceptions, which only it makes. */
  private static RuntimeException made(Class<? extends RuntimeException> kind, String sentence)
      throws ReflectiveOperationException {
    Constructor<? extends RuntimeException> constructor = kind.getDeclaredConstructor(String.class);
    constructor.setAccessible(true);
    return constructor.newInstance(sentence);
  }

  @Test
  void theKindAndTheSentenceArriveWhateverTheCauseHolds() throws Exception {
    for (RuntimeException cause : List.of(new Foreign(), new Fixed())) {
      List<RuntimeException> lasting = new ArrayList<>();
      lasting.add(new UserException("data: no such table", cause));
      lasting.add(new InvalidDatasetException("part-3 is damaged", cause));
      lasting.add(new StorageException("the disk is full", cause));
      for (RuntimeException each : lasting) {
        Throwable arrived = travelled(new IllegalStateException("wrapped", each));
        assertThat(RankFailure.lasting(arrived))
            .isInstanceOf(each.getClass())
            .hasMessage(each.getMessage());
      }
      RuntimeException diverged = made(DivergedException.class, "loss is NaN at step 3");
      diverged.addSuppressed(cause);
      assertThat(RankFailure.lasting(travelled(diverged)))
          .isInstanceOf(UserException.class)
          .hasMessage("loss is NaN at step 3");
      RuntimeException differ = made(ReplicasDifferException.class, "rank 1 differs");
      differ.addSuppressed(cause);
      assertThat(RankFailure.lasting(travelled(differ)))
          .isInstanceOf(UserException.class)
          .hasMessage("rank 1 differs");
      Error linked = new NoSuchMethodError("org.apache.spark.X");
      linked.addSuppressed(cause);
      assertThat(RankFailure.lasting(travelled(linked)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("class path");

      Throwable peer = travelled(new CollectiveException("rank 1 is lost", cause));
      assertThat(new RankFailure(0, "", peer).isSecondary()).isTrue();
      assertThat(peer).hasMessage("rank 1 is lost");
      Throwable other = travelled(new IllegalStateException("a bug", cause));
      assertThat(RankFailure.lasting(other)).isNull();
      assertThat(new RankFailure(0, "", other).isSecondary()).isFalse();
      assertThat(other).hasMessageContaining("a bug");
    }
  }

  @Test
  void whatCanTravelArrivesWhole() {
    Throwable arrived = travelled(new IllegalStateException("a", new UserException("b")));
    assertThat(arrived).isInstanceOf(IllegalStateException.class).hasRootCauseMessage("b");
  }
}
