package dev.tessera.spark.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.util.List;
import java.util.Map;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;

class DeviceAssignmentTest {

  @Test
  void theGpuIsTheOneSparkGave() {
    Map<String, ResourceInformation> resources =
        Map.of("gpu", new ResourceInformation("gpu", new String[] {"3"}));

    assertThat(DeviceAssignment.of(2, resources).requireGpu()).isEqualTo(3);
    assertThat(DeviceAssignment.of(2, resources).cores()).isEqualTo(2);
  }

  @Test
  void askingForAGpuThatWasNotGivenNamesTheSettings() {
    assertThatThrownBy(() -> DeviceAssignment.of(1, Map.of()).requireGpu())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.task.resource.gpu.amount")
        .hasMessageContaining("discoveryScript");
  }

  @Test
  void anAddressThatIsNoNumberNamesTheScript() {
    Map<String, ResourceInformation> resources =
        Map.of("gpu", new ResourceInformation("gpu", new String[] {"GPU-7f3a"}));

    assertThatThrownBy(() -> DeviceAssignment.of(1, resources))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("GPU-7f3a")
        .hasMessageContaining("discover-gpus.sh");
  }

  @Test
  void settingsThatWouldHangOrFallBackAreRefused() {
    SparkConf local =
        new SparkConf(false)
            .set("spark.master", "local[2]")
            .set("spark.task.resource.gpu.amount", "1");
    SparkConf none = new SparkConf(false).set("spark.master", "yarn");
    SparkConf shared =
        new SparkConf(false)
            .set("spark.master", "yarn")
            .set("spark.task.resource.gpu.amount", "0.5");

    assertThatThrownBy(() -> GpuSettings.check(local, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("local[2]")
        .hasMessageContaining("remove spark.task.resource.gpu.amount");
    assertThatThrownBy(() -> GpuSettings.check(none, true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("spark.task.resource.gpu.amount=1");
    assertThatThrownBy(() -> GpuSettings.check(shared, true))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("0.5");
    assertThatCode(() -> GpuSettings.check(none, false)).doesNotThrowAnyException();
  }

  @Test
  void theOneRankOfLocalModeHasTheFirstGpu() {
    SparkConf local = new SparkConf(false).set("spark.master", "local[2]");
    assertThatCode(() -> GpuSettings.check(local, true)).doesNotThrowAnyException();
    assertThatCode(() -> GpuSettings.checkRanks(local, true, 1)).doesNotThrowAnyException();
    assertThatCode(() -> GpuSettings.checkRanks(local, false, 2)).doesNotThrowAnyException();
    assertThatThrownBy(() -> GpuSettings.checkRanks(local, true, 2))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("2 ranks on GPUs cannot share the one process of --master local[2]")
        .hasMessageContaining("conf/clusters/gpu.conf");

    DeviceAssignment none = new DeviceAssignment(4, List.of());
    assertThat(none.onGpu(true)).isEqualTo(new DeviceAssignment(4, List.of(0)));
    assertThatThrownBy(() -> none.onGpu(false)).isInstanceOf(UserException.class);
    assertThat(new DeviceAssignment(4, List.of(3, 5)).onGpu(false).gpus()).containsExactly(3);
  }

  @Test
  void cudaCountsAnewWhereItsListNarrowsTheHostsGpus() {
    assertThat(new VisibleGpus(null).index(5)).isEqualTo(5);
    assertThat(new VisibleGpus("4, 5,7").index(5)).isEqualTo(1);
    assertThat(new VisibleGpus("7,5").index(7)).isEqualTo(0);
    assertThat(new VisibleGpus("GPU-7f3a").index(5)).isEqualTo(0);
    for (String hidden : List.of("0,1", "GPU-7f3a,GPU-81c2", "")) {
      assertThatThrownBy(() -> new VisibleGpus(hidden).index(5))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "Spark gave this task GPU 5, which CUDA_VISIBLE_DEVICES=" + hidden + " hides");
    }
  }

  @Test
  void theFirstGpuOfLocalModeIsTheFirstThatCudaSees() {
    for (String variable : List.of("3", "3,1", "GPU-7f3a")) {
      VisibleGpus visible = new VisibleGpus(variable);
      assertThat(visible.index(visible.first())).as(variable).isEqualTo(0);
    }
    VisibleGpus all = new VisibleGpus(null);
    assertThat(all.index(all.first())).isEqualTo(0);
  }
}
