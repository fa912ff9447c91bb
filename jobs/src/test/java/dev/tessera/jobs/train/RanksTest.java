package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.barrier.GangSpec;
import dev.tessera.spark.collective.Algorithm;
import java.util.Optional;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class RanksTest {

  private static Ranks ranks(int count, Algorithm allreduce, Ranks.Device device) {
    return new Ranks(count, Optional.ofNullable(allreduce), device);
  }

  private static Recipe recipe(Ranks ranks) {
    Recipe.Tokenizer given = Recipe.Tokenizer.defaults();
    return new Recipe.Tokenizer(
        given.name(),
        given.data(),
        given.model(),
        given.schedule(),
        given.preview(),
        ranks,
        given.output());
  }

  @Test
  void theDeviceChoosesHowSumsTravel() {
    assertThat(ranks(2, null, Ranks.Device.CPU).algorithm(2)).isEqualTo(Algorithm.TREE);
    assertThat(ranks(2, null, Ranks.Device.GPU).algorithm(2)).isEqualTo(Algorithm.NCCL);
    assertThat(ranks(2, Algorithm.RING, Ranks.Device.CPU).algorithm(2)).isEqualTo(Algorithm.RING);
  }

  @Test
  void aWayThatTheDeviceDoesNotGoIsRefusedWhereThereIsSomethingToSum() {
    assertThatThrownBy(() -> ranks(2, Algorithm.TREE, Ranks.Device.GPU).algorithm(2))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "ranks.allreduce: tree sums in the memory of the host, and these ranks compute on GPUs:"
                + " leave the key out, or set nccl.");
    assertThatThrownBy(() -> ranks(2, Algorithm.NCCL, Ranks.Device.CPU).algorithm(2))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("leave the key out, or set tree or ring.");
    assertThat(ranks(1, Algorithm.TREE, Ranks.Device.GPU).algorithm(1)).isEqualTo(Algorithm.TREE);
  }

  @Test
  void ranksOnGpusAreAGangThatNeedsThem() {
    SparkConf cluster =
        new SparkConf(false)
            .set("spark.master", "local-cluster[2,8,4096]")
            .set("spark.task.cpus", "8")
            .set("spark.executor.resource.gpu.amount", "1")
            .set("spark.task.resource.gpu.amount", "1");
    GangSpec gang = TrainingJob.gang(recipe(ranks(0, null, Ranks.Device.GPU)), cluster);
    assertThat(gang.gpu()).isTrue();
    assertThat(gang.ranks()).isEqualTo(2);
    assertThat(gang.algorithm()).isEqualTo(Algorithm.NCCL);
  }

  @Test
  void localModeHasOneGpuAndSoOneRank() {
    SparkConf local = new SparkConf(false).set("spark.master", "local[4]");
    GangSpec gang = TrainingJob.gang(recipe(ranks(0, null, Ranks.Device.GPU)), local);
    assertThat(gang.gpu()).isTrue();
    assertThat(gang.ranks()).isEqualTo(1);
    assertThat(gang.ranksOfSlots().applyAsInt(4)).isEqualTo(1);
    assertThatThrownBy(() -> TrainingJob.gang(recipe(ranks(2, null, Ranks.Device.GPU)), local))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("set ranks.count=1");
  }

  @Test
  void whatBecomesOfTheSlotsIsToldWhereItIsNotPlain() {
    Ranks open = new Ranks(0, Optional.empty(), Ranks.Device.CPU);
    Ranks two = new Ranks(2, Optional.empty(), Ranks.Device.CPU);

    assertThat(open.told(3, 4))
        .contains(
            "3; 2 are used and 1 idles: ranks.count=0 takes a power of two, at most"
                + " schedule.shards=4");
    assertThat(open.told(8, 2)).get().asString().startsWith("8; 2 are used and 6 idle: ");
    assertThat(open.told(4, 4)).get().asString().startsWith("4; all are used: ");
    assertThat(two.told(3, 4)).contains("3; 2 are used and 1 idles: ranks.count=2");
    assertThat(two.told(2, 4)).isEmpty();
    // Executors of a fixed number of ranks may still be on their way.
    assertThat(two.told(0, 4)).isEmpty();
  }
}
