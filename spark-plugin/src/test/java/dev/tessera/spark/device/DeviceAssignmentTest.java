package dev.tessera.spark.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
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
}
