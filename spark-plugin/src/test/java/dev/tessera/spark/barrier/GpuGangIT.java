package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.Float32Environment;
import dev.tessera.spark.settings.RetryPolicy;
import dev.tessera.spark.settings.TesseraSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ranks get the GPUs that Spark's discovery found; here a script that makes one up. */
class GpuGangIT {

  @TempDir private static Path folder;

  @Test
  void aRankOwnsTheGpuOfItsTask() throws Exception {
    Path script = folder.resolve("discover.sh");
    Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"5\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    try (JavaSparkContext spark =
        new JavaSparkContext(
            LocalCluster.conf(GpuGangIT.class)
                .setMaster("local-cluster[1,1,1024]")
                .set("spark.worker.resource.gpu.amount", "1")
                .set("spark.worker.resource.gpu.discoveryScript", script.toString())
                .set("spark.executor.resource.gpu.amount", "1")
                .set("spark.task.resource.gpu.amount", "1")
                .set("spark.tessera.tf32", "true"))) {
      GangSpec spec =
          GangSpec.of(
                  "gpu",
                  1,
                  Algorithm.TREE,
                  TesseraSettings.from(spark.getConf()).withRetry(RetryPolicy.never()))
              .withGpu();

      List<Integer> devices =
          Gang.run(
              spark,
              spec,
              attempt -> context -> context.device().requireGpu(),
              GangListener.silent());

      assertThat(devices).containsExactly(5);
      assertThat(
              Gang.run(
                  spark,
                  spec,
                  attempt -> context -> Float32Environment.describe(System.getenv()),
                  GangListener.silent()))
          .as("what the setting says of float32 reaches the executor")
          .containsExactly("tf32");
    }
  }
}
