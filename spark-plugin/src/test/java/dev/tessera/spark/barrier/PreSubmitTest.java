package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import org.apache.spark.SparkConf;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

class PreSubmitTest {

  private static SparkConf conf(String master, String... pairs) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    for (int i = 0; i < pairs.length; i += 2) {
      conf.set(pairs[i], pairs[i + 1]);
    }
    return conf;
  }

  private static int slots(String master, String... pairs) {
    return Slots.of(conf(master, pairs)).total().orElse(-1);
  }

  private static AbstractThrowableAssert<?, ?> refused(SparkConf conf, int ranks) {
    return assertThatThrownBy(() -> PreSubmit.check(conf, true, ranks, false))
        .isInstanceOf(UserException.class);
  }

  @Test
  void slotsFollowFromTheSettings() {
    assertThat(slots("local")).isEqualTo(1);
    assertThat(slots("local[3]")).isEqualTo(3);
    assertThat(slots("local[3,2]")).isEqualTo(3);
    assertThat(slots("local[*]")).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(slots("local-cluster[2,1,1024]")).isEqualTo(2);
    assertThat(slots("local-cluster[2,4,1024]", "spark.task.cpus", "2")).isEqualTo(4);
    assertThat(slots("local-cluster[2,4,1024]", "spark.executor.cores", "2")).isEqualTo(8);
    assertThat(slots("yarn")).isEqualTo(2);
    assertThat(slots("yarn", "spark.executor.instances", "5", "spark.executor.cores", "4"))
        .isEqualTo(20);
    assertThat(slots("k8s://https://host", "spark.executor.instances", "3")).isEqualTo(3);
    assertThat(slots("spark://host:7077")).isEqualTo(-1);
    assertThat(slots("spark://host:7077", "spark.cores.max", "6")).isEqualTo(6);
  }

  @Test
  void gpusLimitSlots() {
    assertThat(
            slots(
                "yarn",
                "spark.executor.instances",
                "2",
                "spark.executor.cores",
                "16",
                "spark.executor.resource.gpu.amount",
                "4",
                "spark.task.resource.gpu.amount",
                "1"))
        .isEqualTo(8);
  }

  @Test
  void fewerSlotsThanRanksSaysHowManyAndWhichSetting() {
    refused(conf("local-cluster[2,1,1024]"), 3)
        .hasMessageContaining("3 ranks")
        .hasMessageContaining("there are 2")
        .hasMessageContaining("--master local-cluster[executors,cores,MiB]")
        .hasMessageContaining("at most 2 ranks");
    refused(conf("yarn", "spark.executor.instances", "2"), 5)
        .hasMessageContaining("spark.executor.instances or spark.executor.cores");
    refused(conf("spark://host:7077", "spark.cores.max", "2"), 3)
        .hasMessageContaining("spark.cores.max");
  }

  @Test
  void taskCpusAboveAnExecutorsCoresLeaveNoSlot() {
    refused(conf("local-cluster[2,1,1024]", "spark.task.cpus", "2"), 1)
        .hasMessageContaining("spark.task.cpus=2")
        .hasMessageContaining("no executor has one");
  }

  @Test
  void aStandaloneExecutorOfAWholeWorkerIsNotRefused() {
    String master = "spark://host:7077";
    assertThat(slots(master, "spark.task.cpus", "4")).isEqualTo(-1);
    assertThat(slots(master, "spark.task.cpus", "4", "spark.cores.max", "32")).isEqualTo(8);
    assertThat(
            slots(
                master,
                "spark.task.cpus",
                "4",
                "spark.cores.max",
                "32",
                "spark.executor.cores",
                "4"))
        .isEqualTo(8);
    assertThatCode(() -> PreSubmit.check(conf(master, "spark.task.cpus", "4"), true, 8, false))
        .doesNotThrowAnyException();
    refused(conf(master, "spark.task.cpus", "4", "spark.executor.cores", "2"), 1)
        .hasMessageContaining("no executor has one");
  }

  @Test
  void ranksThatMayShareAnExecutorAreWarnedOf() {
    String master = "spark://host:7077";
    SparkConf shared = conf(master, "spark.executor.cores", "4");
    SparkConf apart = conf(master, "spark.executor.cores", "4", "spark.task.cpus", "4");

    assertThat(Slots.of(shared).warning(8)).get().asString().contains("spark.task.cpus");
    assertThat(Slots.of(conf(master)).warning(8)).isPresent();
    assertThat(Slots.of(conf("local[2]")).warning(2)).isPresent();
    assertThat(Slots.of(apart).warning(8)).isEmpty();
    assertThat(Slots.of(shared).warning(1)).isEmpty();
    assertThat(Slots.of(conf("local-cluster[2,1,1024]")).warning(2)).isEmpty();
  }

  @Test
  void dynamicAllocationIsRefused() {
    refused(conf("yarn", "spark.dynamicAllocation.enabled", "true"), 1)
        .hasMessageContaining("spark.dynamicAllocation.enabled=false");
  }

  @Test
  void aMissingPluginIsNamed() {
    assertThatThrownBy(() -> PreSubmit.check(conf("local[1]"), false, 1, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.plugins=dev.tessera.spark.TesseraPlugin");
  }

  @Test
  void aGangThatFitsIsAccepted() {
    assertThatCode(() -> PreSubmit.check(conf("local-cluster[2,1,1024]"), true, 2, false))
        .doesNotThrowAnyException();
    assertThatCode(() -> PreSubmit.check(conf("spark://host:7077"), true, 64, false))
        .doesNotThrowAnyException();
  }
}
