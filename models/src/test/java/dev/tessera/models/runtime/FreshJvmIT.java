package dev.tessera.models.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What can only be seen in a process of its own. */
final class FreshJvmIT {

  private static final String OPTIMIZER_OFF = "-Dai.djl.pytorch.graph_optimizer=false";

  @Test
  void aJvmWithTheGraphOptimizerOnIsRefusedInOneSentence() throws Exception {
    for (List<String> options :
        List.of(List.<String>of(), List.of("-Dai.djl.pytorch.graph_optimizer=true"))) {
      ChildJvm.Outcome outcome = ChildJvm.run(LoadLibtorch.class, options);
      assertThat(outcome.code()).as(outcome.output()).isEqualTo(2);
      assertThat(outcome.output().strip())
          .startsWith("This JVM runs without -Dai.djl.pytorch.graph_optimizer=false: ")
          .endsWith(".")
          .doesNotContain("\n");
    }
    ChildJvm.Outcome good = ChildJvm.run(LoadLibtorch.class, List.of(OPTIMIZER_OFF));
    assertThat(good.code()).as(good.output()).isZero();
    assertThat(good.output()).contains("libtorch 2.7");
  }

  @Test
  void aJvmThatExitsWhileARankComputesDoesNotCrash() throws Exception {
    for (int i = 0; i < 2; i++) {
      ChildJvm.Outcome outcome = ChildJvm.run(ExitInTheMiddle.class, List.of(OPTIMIZER_OFF));
      assertThat(outcome.output()).doesNotContain("fatal error");
      assertThat(outcome.code()).as(outcome.output()).isEqualTo(7);
    }
  }

  @Test
  void recomputedSegmentsNeedLessMemory() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "peaks are read from /proc");
    long activation = (long) PeakMemory.BATCH * PeakMemory.WIDTH * Float.BYTES / 1024;
    long whole = peak("WHOLE");
    long recomputed = peak("RECOMPUTE");
    // A layer keeps the operands of its two operations; a recomputed one only its segment's.
    long saved = activation * PeakMemory.SEGMENTS * (2L * PeakMemory.LAYERS - 1);
    assertThat(whole - recomputed).isGreaterThan(saved / 2);
  }

  /**
   * What operators of our own make of values with a gradient must not keep the graphs of these:
   * each block would then leave activations behind until the backward pass has ended, three times
   * what is expected.
   */
  @Test
  void aRecomputedBlockOfAGpusProgramHoldsNoMoreThanExpected() throws Exception {
    Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/status")), "peaks are read from /proc");
    long[] few = transformer(2);
    long[] many = transformer(12);
    long expected = many[0] - few[0];
    assertThat(many[1] - few[1])
        .as("expected %s and %s", Arrays.toString(few), Arrays.toString(many))
        .isCloseTo(expected, withinPercentage(30));
  }

  /** Bytes expected and measured. */
  private static long[] transformer(int blocks) throws Exception {
    String line = lastLine(TransformerMemory.class, Integer.toString(blocks));
    return Arrays.stream(line.split(" ", -1)).mapToLong(Long::parseLong).toArray();
  }

  private static long peak(String segmentation) throws Exception {
    return Long.parseLong(lastLine(PeakMemory.class, segmentation));
  }

  /** Of a process whose heap does not grow. */
  private static String lastLine(Class<?> main, String argument) throws Exception {
    List<String> options = List.of(OPTIMIZER_OFF, "-Xms512m", "-Xmx512m", "-XX:+AlwaysPreTouch");
    ChildJvm.Outcome outcome = ChildJvm.run(main, options, argument);
    assertThat(outcome.code()).as(outcome.output()).isZero();
    String[] lines = outcome.output().strip().split("\n", -1);
    return lines[lines.length - 1];
  }
}
