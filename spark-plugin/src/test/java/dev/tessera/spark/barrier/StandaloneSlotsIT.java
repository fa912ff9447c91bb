package dev.tessera.spark.barrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.collective.Algorithm;
import dev.tessera.spark.settings.TesseraSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A standalone cluster of processes, with one worker of 2 cores, 1024 MiB and one GPU, which only
 * its discovery script has seen: what it can never give is told with what it has, once that has
 * stayed so, far before the wait for executors ends.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class StandaloneSlotsIT {

  @TempDir private static Path folder;
  private static final List<Process> PROCESSES = new ArrayList<>();
  private static String master;

  @BeforeAll
  static void start() throws Exception {
    Path log = spark("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0");
    master = "spark://" + await(log, "Starting Spark master at spark://(\\S+:\\d+)");
    Path script = folder.resolve("gpus.sh");
    Files.writeString(script, "#!/bin/sh\necho '{\"name\": \"gpu\", \"addresses\": [\"0\"]}'\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    Path settings = folder.resolve("worker.conf");
    Files.writeString(
        settings,
        "spark.worker.resource.gpu.amount 1\nspark.worker.resource.gpu.discoveryScript "
            + script
            + "\n");
    Path worker =
        spark(
            "worker.Worker",
            "--properties-file",
            settings.toString(),
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            "--cores",
            "2",
            "--memory",
            "1024m",
            "--work-dir",
            folder.resolve("work").toString(),
            master);
    await(worker, "(Successfully registered with master)");
  }

  @AfterAll
  static void stop() throws InterruptedException {
    for (Process process : PROCESSES) {
      process.destroy();
      process.waitFor(20, TimeUnit.SECONDS);
    }
  }

  private static Path spark(String name, String... arguments) throws IOException {
    List<String> words =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-cp",
                Path.of(System.getenv("SPARK_HOME"), "jars") + "/*",
                "org.apache.spark.deploy." + name));
    words.addAll(List.of(arguments));
    Path log = folder.resolve(name + ".log");
    PROCESSES.add(
        new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile()).start());
    return log;
  }

  private static String await(Path log, String pattern) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (System.nanoTime() < deadline) {
      Matcher line = Pattern.compile(pattern).matcher(Files.readString(log));
      if (line.find()) {
        return line.group(1);
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    throw new AssertionError(Files.readString(log));
  }

  /** Executors are awaited for as long as the test may take, unless the master is asked. */
  private static SparkConf conf(String... settings) {
    SparkConf conf =
        LocalCluster.conf(StandaloneSlotsIT.class)
            .setMaster(master)
            .set("spark.tessera.slotsWait", "10m");
    for (int i = 0; i < settings.length; i += 2) {
      conf.set(settings[i], settings[i + 1]);
    }
    return conf;
  }

  private static void refused(SparkConf conf, int ranks, String... parts) {
    try (JavaSparkContext spark = new JavaSparkContext(conf)) {
      GangSpec spec = GangSpec.of("test", ranks, Algorithm.RING, TesseraSettings.from(conf));
      assertThatThrownBy(
              () -> Gang.<Integer>run(spark, spec, n -> rank -> 0, GangListener.silent()))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(" 1 worker of 2 cores, 1024 MiB and 1 GPUs")
          .satisfies(thrown -> assertThat(thrown.getMessage()).contains(parts));
    }
  }

  @Test
  void coresThatNoWorkerHasAreTold() {
    refused(
        conf("spark.executor.cores", "4", "spark.task.cpus", "4", "spark.cores.max", "8"),
        2,
        "the cluster can give 0",
        "spark.executor.cores=4 is more than any worker's");
  }

  /** Two executors would have room, and one has a GPU. */
  @Test
  void gpusThatNoWorkerHasAreTold() {
    refused(
        conf(
            "spark.executor.cores",
            "1",
            "spark.executor.resource.gpu.amount",
            "1",
            "spark.task.resource.gpu.amount",
            "1"),
        2,
        "the cluster can give 1",
        "its GPUs are what is missing, 1 for each rank: ask for at most 1 ranks");
  }

  @Test
  void memoryThatNoWorkerHasIsTold() {
    refused(conf("spark.executor.memory", "4g"), 2, "can give 0", "asks for 4096 MiB");
  }

  @Test
  void moreRanksThanCoresAreToldAndWhatThereIsServes() {
    refused(conf(), 3, "the cluster can give 2", "ask for at most 2 ranks");
    try (JavaSparkContext spark = new JavaSparkContext(conf())) {
      GangSpec spec =
          GangSpec.of("test", 8, Algorithm.RING, TesseraSettings.from(spark.getConf()))
              .withRanksOfSlots(slots -> slots);
      assertThat(Gang.<Integer>run(spark, spec, n -> RankContext::rank, GangListener.silent()))
          .containsExactly(0, 1);
    }
  }
}
