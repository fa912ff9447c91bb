package dev.tessera.models.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.Platform;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks whose parameters have come apart stop at the next checkpoint, and before it is written. */
class ReplicaCheckTest {

  private static final int RANKS = 4;

  private static String train(int spoiled, boolean[] written) throws Exception {
    TrainingSchedule schedule =
        new TrainingSchedule(
            7,
            TrainingLoopTest.BATCH,
            TrainingLoopTest.SHARDS,
            3L * TrainingLoopTest.BATCH,
            2L * TrainingLoopTest.BATCH);
    List<String> ends =
        InMemoryGang.run(
            RANKS,
            (runtime, collective) -> {
              try (TrainingLoop loop =
                  new TrainingLoop(
                      runtime,
                      TinyObjective.of(TrainingLoopTest.SHARDS, TrainingLoopTest.SHARD_BATCH),
                      schedule,
                      collective,
                      TinyObjective::fill)) {
                loop.run(
                    new TrainingLoopTest.Recorder(
                        report -> {
                          if (report.step() == 1 && collective.rank() == spoiled) {
                            flipABit(loop.state());
                          }
                        },
                        state -> written[collective.rank()] = true));
                return "";
              } catch (ReplicasDifferException e) {
                return e.getMessage();
              }
            });
    assertThat(ends).as("every rank stops for the same reason").containsOnly(ends.get(0));
    return ends.get(0);
  }

  private static void flipABit(TrainingState state) {
    String group = state.counters().updates().keySet().iterator().next();
    NativeTensor parameters = state.parameters(group);
    ByteBuffer first = parameters.memory(0, 1).order(ByteOrder.nativeOrder());
    first.putInt(0, first.getInt(0) ^ 1);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2})
  void aBitThatFlippedOnOneRankStopsAllBeforeTheCheckpoint(int spoiled) throws Exception {
    boolean[] written = new boolean[RANKS];
    assertThat(train(spoiled, written))
        .startsWith(
            "After "
                + 2 * TrainingLoopTest.BATCH
                + " images the parameters of rank "
                + spoiled
                + " are not those of the other ranks");
    assertThat(written).containsOnly(false);
  }

  @Test
  void ranksThatAgreeGoOn() throws Exception {
    boolean[] written = new boolean[RANKS];
    assertThat(train(-1, written)).isEmpty();
    assertThat(written).containsOnly(true);
  }

  private static List<ReplicaCheck.Told> told(int[] checksums, int... platforms) {
    return IntStream.range(0, checksums.length)
        .mapToObj(i -> new ReplicaCheck.Told(checksums[i], platforms[i % platforms.length]))
        .toList();
  }

  @Test
  void withoutAMajorityAllAreNamed() {
    assertThatThrownBy(() -> ReplicaCheck.compare(told(new int[] {5, -7}, -1), 64))
        .isInstanceOf(ReplicasDifferException.class)
        .hasMessageStartingWith("After 64 images the parameters of ranks 0, 1 differ");
    assertThatThrownBy(() -> ReplicaCheck.compare(told(new int[] {5, 6, 5, 7, 5}, 3), 64))
        .hasMessageContaining("of rank 1, 3 are not");
    assertThatCode(() -> ReplicaCheck.compare(told(new int[] {-1, -1, -1}, 3), 64))
        .doesNotThrowAnyException();
  }

  /** Nothing is broken where unlike kernels round unlike, and nobody shall exchange memory then. */
  @Test
  void unlikeHardwareIsNamedAsTheCauseWhereThereIsSome() {
    assertThatThrownBy(() -> ReplicaCheck.compare(told(new int[] {5, 7, 5}, 1), 64))
        .hasMessageContaining("memory, a processor or the network has changed numbers")
        .hasMessageNotContaining("unlike");
    assertThatThrownBy(() -> ReplicaCheck.compare(told(new int[] {5, 7, 5}, 1, 2, 1), 64))
        .hasMessageStartingWith("After 64 images the parameters of rank 1 are not")
        .hasMessageContaining("round unlike, so nothing need be broken")
        .hasMessageNotContaining("has changed numbers");
    assertThatCode(() -> ReplicaCheck.compare(told(new int[] {5, 5}, 1, 2), 64))
        .doesNotThrowAnyException();
  }

  @Test
  void aPlatformIsWhatRoundsAlike() {
    Platform one = new Platform("2.7.1", "CPU A avx2", 2);
    assertThat(one.fingerprint())
        .isEqualTo(new Platform("2.7.1", "CPU A avx2", 2).fingerprint())
        .isNotEqualTo(new Platform("2.7.1", "CPU A avx512f", 2).fingerprint())
        .isNotEqualTo(new Platform("2.7.1", "CPU A avx2", 4).fingerprint())
        .isNotEqualTo(new Platform("2.8.0", "CPU A avx2", 2).fingerprint());
  }
}
