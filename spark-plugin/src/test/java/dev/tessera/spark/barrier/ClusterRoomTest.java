package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.spark.barrier.Workers.Worker;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterRoomTest {

  /**
   * Workers as {@code cores/MiB} or {@code cores/MiB/GPUs}, settings as {@code key=value}, both
   * separated by spaces.
   */
  private static ClusterRoom room(String workers, String settings, long mebibytes) {
    List<Worker> alive =
        Stream.of(workers.split(" "))
            .map(text -> text.split("/", -1))
            .map(
                n -> {
                  int cores = Integer.parseInt(n[0]);
                  long memory = Long.parseLong(n[1]);
                  int gpus = n.length > 2 ? Integer.parseInt(n[2]) : 0;
                  return new Worker(cores, cores, memory, memory, gpus, gpus);
                })
            .toList();
    SparkConf conf = new SparkConf(false);
    for (String setting : settings.strip().split(" +", -1)) {
      if (!setting.isEmpty()) {
        String[] pair = setting.split("=", 2);
        conf.set("spark." + pair[0].replace("GPU", "resource.gpu.amount"), pair[1]);
      }
    }
    return ClusterRoom.of(new Workers(alive), conf, mebibytes);
  }

  @ParameterizedTest
  @CsvSource({
    "2/1024 2/1024, '', 1024, 4",
    "2/1024 2/1024, task.cpus=2, 1024, 2",
    // Spark deals the cores of executors without a size in turn: one each, and no slot of two.
    "2/1024 2/1024, task.cpus=2 cores.max=2, 1024, 0",
    "2/1024 2/1024, task.cpus=2 executor.cores=2 cores.max=2, 1024, 1",
    "2/1024 2/1024, executor.cores=4, 1024, 0",
    "8/1024 8/1024, executor.cores=2, 512, 8",
    "8/1024 8/1024, executor.cores=2 cores.max=6, 128, 6",
    "8/1024 8/1024, executor.cores=3 task.cpus=2, 256, 4",
    "2/1024 4/4096, '', 2048, 4",
    "2/1024 2/1024, '', 2048, 0",
    // A rank owns its GPU: cores alone are no slot.
    "8/1024/2 8/1024/1, executor.cores=2 executor.GPU=1 task.GPU=1, 128, 3",
    "8/1024/4 8/1024/4, executor.cores=4 executor.GPU=2 task.GPU=1, 128, 8",
    "8/1024/4 8/1024/3, executor.cores=4 executor.GPU=2 task.GPU=1, 128, 6",
    "8/1024/4 8/1024/4, executor.cores=4 executor.GPU=2 task.GPU=2, 128, 4",
    "8/1024/1 8/1024/4, executor.cores=1 executor.GPU=1 task.GPU=1 cores.max=3, 128, 3",
    "8/1024/1 8/1024, executor.GPU=1 task.GPU=1, 128, 1",
    "8/1024/4, executor.GPU=4 task.GPU=1, 128, 4",
    "8/1024 8/1024, executor.cores=2 executor.GPU=1 task.GPU=1, 128, 0"
  })
  void slotsAreThoseThatSparkWouldGive(String workers, String settings, long memory, int slots) {
    assertThat(room(workers, settings, memory).slots()).isEqualTo(slots);
  }

  @ParameterizedTest
  @CsvSource({
    "executor.cores=4 task.cpus=4, 1024, spark.executor.cores=4 is more than any worker's: lower it to at most 2",
    "executor.cores=4 task.cpus=4, 1024, and spark.task.cpus=4 too",
    "task.cpus=4, 1024, spark.task.cpus=4 is more than any executor's cores: lower it to 2",
    "'', 4096, spark.executor.memory asks for 4096 MiB",
    "cores.max=3, 1024, spark.cores.max=3 is what keeps the rest away: raise it to 4",
    "executor.cores=1, 1024, executors of 1024 MiB fill their memory first: lower spark.executor.memory",
    "executor.cores=2 task.cpus=2, 512, ask for at most 2 ranks"
  })
  void theSentenceNamesTheClusterAndTheOneSettingThatCannotBeMet(
      String settings, long memory, String part) {
    assertThat(room("2/1024 2/1024", settings, memory).tooFew(4, 0))
        .startsWith("4 ranks need 4 task slots and the cluster can give ")
        .contains("2 workers of 2 cores and 1024 MiB each")
        .contains(part);
  }

  @ParameterizedTest
  @CsvSource({
    "8/1024 8/1024, executor.cores=4 executor.GPU=1 task.GPU=1, can give 0, no worker offers one",
    "8/1024/1 8/1024/1, executor.cores=8 executor.GPU=4 task.GPU=1, can give 0, spark.executor.resource.gpu.amount=4 is more than any worker's: lower it to at most 1",
    "8/1024/1 8/1024/1, executor.cores=4 executor.GPU=1 task.GPU=1, can give 2, 'its GPUs are what is missing, 1 for each rank: ask for at most 2 ranks'",
    "8/1024/2 8/1024/2, executor.cores=4 executor.GPU=1 task.GPU=2, can give 0, spark.task.resource.gpu.amount=2 is more than spark.executor.resource.gpu.amount=1"
  })
  void gpusThatAreMissingAreToldAsGpus(String workers, String settings, String gives, String part) {
    assertThat(room(workers, settings, 128).tooFew(4, 0))
        .startsWith("4 ranks need 4 task slots and the cluster " + gives)
        .contains(part)
        .doesNotContain("its cores are what is missing");
    if (workers.contains("/1 ")) {
      assertThat(room(workers, settings, 128).tooFew(4, 0))
          .contains("2 workers of 8 cores, 1024 MiB and 1 GPUs each");
    }
  }

  @Test
  void othersThatHoldTheCoresAreTold() {
    ClusterRoom room =
        ClusterRoom.of(
            new Workers(
                List.of(new Worker(2, 0, 1024, 512, 0, 0), new Worker(4, 1, 2048, 1024, 0, 0))),
            new SparkConf(false),
            512);

    assertThat(room.tooFew(2, 1))
        .contains("there are 1", "2 workers of 2 to 4 cores and 1024 to 2048 MiB each")
        .contains("free are 1 of 6 cores and 1536 of 3072 MiB", "end the applications")
        .contains("at most 1 ranks");
  }
}
