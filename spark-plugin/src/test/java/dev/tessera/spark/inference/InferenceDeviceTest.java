package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;

class InferenceDeviceTest {

  private static SparkConf master(String master) {
    return new SparkConf(false).set("spark.master", master);
  }

  @Test
  void aClusterMustGiveTasksTheirGpus() {
    SparkConf without = master("spark://host:7077");
    SparkConf with = master("spark://host:7077").set("spark.task.resource.gpu.amount", "1");
    assertThatThrownBy(() -> InferenceDevice.GPU.check(without))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.task.resource.gpu.amount=1")
        .hasMessageContaining("device=cpu");
    assertThatCode(() -> InferenceDevice.GPU.check(with)).doesNotThrowAnyException();
    assertThatCode(() -> InferenceDevice.CPU.check(without)).doesNotThrowAnyException();
    assertThat(InferenceDevice.GPU.settings(with)).isEmpty();
  }

  @Test
  void inLocalModeOneTaskGetsTheFirstGpuAndAllCores() {
    assertThatCode(() -> InferenceDevice.GPU.check(master("local[4]"))).doesNotThrowAnyException();
    assertThat(InferenceDevice.GPU.settings(master("local[4]")))
        .containsOnly(org.assertj.core.api.Assertions.entry("spark.task.cpus", "4"));
    assertThat(InferenceDevice.GPU.settings(master("local"))).containsValue("1");
    assertThat(InferenceDevice.GPU.settings(master("local[*,3]")))
        .containsValue(Integer.toString(Runtime.getRuntime().availableProcessors()));
    assertThat(InferenceDevice.CPU.settings(master("local[4]"))).isEmpty();
  }

  @Test
  void localModeWithSparksGpuKeysWouldWaitForEver() {
    SparkConf conf = master("local[4]").set("spark.task.resource.gpu.amount", "1");
    assertThatThrownBy(() -> InferenceDevice.GPU.check(conf))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("remove spark.task.resource.gpu.amount");
  }
}
