package dev.tessera.spark.inference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.models.UserException;
import dev.tessera.models.runtime.Gpus;
import dev.tessera.models.runtime.RuinedProcess;
import dev.tessera.spark.barrier.LocalCluster;
import dev.tessera.spark.table.TableStage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An executor whose GPU is of no use any more, as the only one there is. */
class RuinedGpuIT {

  @TempDir private Path dir;

  @Test
  void theExecutorIsReplacedBeforeTheTasksAttemptsAreUsedUp() throws Exception {
    SparkConf conf =
        LocalCluster.conf(RuinedGpuIT.class)
            .setMaster("local-cluster[1,1,1024]")
            .set("spark.task.maxFailures", "3");
    String log = dir.resolve("processes").toString();
    TorchTask<Integer, Long> task =
        (share, tables, device) -> {
          long process = ProcessHandle.current().pid();
          Files.writeString(
              Files.createDirectories(Path.of(log)).resolve(share + "-" + process), "");
          if (Gpus.ruin().isPresent()) {
            throw new UserException("No GPU can be used by this process any more");
          }
          if (Path.of(log).toFile().list().length == 1) {
            RuinedProcess.begin("GPU 0 ran out of memory");
            throw new UserException("GPU 0 ran out of memory");
          }
          return process;
        };
    try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate()) {
      List<Long> processes = TableStage.run(spark, "test", List.of(0, 1), task);
      // Only the task that ruined its executor began there.
      assertThat(dir.resolve("processes").toFile().list()).hasSize(3);
      assertThat(processes.get(0)).isEqualTo(processes.get(1));
    }
  }
}
