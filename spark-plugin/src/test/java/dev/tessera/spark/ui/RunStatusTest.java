package dev.tessera.spark.ui;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import java.lang.management.ManagementFactory;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

class RunStatusTest {

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  @Test
  void metricsAndJmxShowTheNewestFigures() throws Exception {
    MetricRegistry registry = new MetricRegistry();
    RunStatus status = new RunStatus();
    ObjectName bean = new ObjectName("dev.tessera:type=Run");
    status.publish(registry);
    status.attempt("train", 1, 4);
    status.progress(new Progress(7, 448, 12.5, 0.25));

    assertThat(registry.getGauges().get("images").getValue()).isEqualTo(448L);
    assertThat(registry.getGauges().get("loss").getValue()).isEqualTo(0.25);
    assertThat(server.getAttribute(bean, "Name")).isEqualTo("train");
    assertThat(server.getAttribute(bean, "Attempt")).isEqualTo(1);
    assertThat(server.getAttribute(bean, "Ranks")).isEqualTo(4);
    assertThat(server.getAttribute(bean, "Step")).isEqualTo(7L);
    assertThat(server.getAttribute(bean, "ImagesPerSecond")).isEqualTo(12.5);

    status.withdraw();
    Assertions.assertThatThrownBy(() -> server.getAttribute(bean, "Step"))
        .isInstanceOf(InstanceNotFoundException.class);
  }
}
