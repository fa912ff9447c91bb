package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.Float32Environment;
import dev.tessera.spark.settings.RetryPolicy;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two workers of one host, each with a GPU of its own by the script that ships; only {@code
 * nvidia-smi} is made up, with two GPUs that are not there.
 */
class GpuGangIT {

  @TempDir private static Path folder;

  private static JavaSparkContext spark;

  @BeforeAll
  static void start() throws IOException {
    script("bin/nvidia-smi", "printf '5\\n6\\n'");
    Path claim = Path.of("../conf/clusters/claim-gpu.sh").toRealPath();
    Path discovery =
        script(
            "discover.sh",
            "PATH=" + folder.resolve("bin") + ":$PATH",
            "TESSERA_GPU_CLAIMS=" + folder.resolve("claims"),
            "export PATH TESSERA_GPU_CLAIMS",
            "exec " + claim);
    spark =
        new JavaSparkContext(
            LocalCluster.conf(GpuGangIT.class)
                .set("spark.tessera.slotsWait", "180s")
                .set("spark.worker.resource.gpu.amount", "1")
                .set("spark.worker.resource.gpu.discoveryScript", discovery.toString())
                .set("spark.executor.resource.gpu.amount", "1")
                .set("spark.task.resource.gpu.amount", "1")
                .set("spark.tessera.tf32", "true"));
  }

  private static Path script(String name, String... lines) throws IOException {
    Path script = folder.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterAll
  static void stop() {
    spark.close();
  }

  private static GangSpec gang() {
    return GangSpec.of(
            "gpu",
            2,
            Algorithm.NCCL,
            TesseraSettings.from(spark.getConf()).withRetry(RetryPolicy.never()))
        .withGpu();
  }

  @Test
  void everyRankOwnsAGpuThatNoOtherHas() {
    List<Integer> devices =
        Gang.run(
            spark,
            gang(),
            attempt -> context -> context.device().requireGpu(),
            GangListener.silent());

    assertThat(devices).containsExactlyInAnyOrder(5, 6);
  }

  @Test
  void whatTheSettingSaysOfFloat32ReachesExecutors() {
    List<String> told =
        Gang.run(
            spark,
            gang(),
            attempt -> context -> Float32Environment.describe(System.getenv()),
            GangListener.silent());

    assertThat(told).containsOnly("tf32");
  }

  @Test
  void aRankWhoseGpuIsNotThereEndsTheRunWithOneSentence() {
    RankTask<Integer> task =
        context -> {
          try (TorchRuntime runtime = TorchRuntime.onGpu(context.device().cudaIndex())) {
            return runtime.device();
          }
        };
    assertThatThrownBy(() -> Gang.run(spark, gang(), attempt -> task, GangListener.silent()))
        .isInstanceOf(UserException.class)
        .message()
        .matches("libtorch .* was built without CUDA: .*|GPU [56] is not there: .*")
        .doesNotContain("\n");
  }
}
