package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A driver that a standalone cluster's worker runs: a master, a worker and a driver of their own.
 */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@ExtendWith(AtTheTerminal.class)
class ClusterModeIT {

  @TempDir private Path folder;
  private final List<Process> processes = new ArrayList<>();
  private String master;

  @BeforeEach
  void start() throws Exception {
    Path log = spark("master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0");
    master = "spark://" + await(log, "Starting Spark master at spark://(\\S+:\\d+)");
    Path worker =
        spark(
            "worker.Worker",
            "--host",
            "127.0.0.1",
            "--webui-port",
            "0",
            "--cores",
            "2",
            "--memory",
            "2g",
            "--work-dir",
            folder.resolve("work").toString(),
            master);
    await(worker, "(Successfully registered with master)");
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Process process : processes) {
      List<ProcessHandle> below = process.descendants().toList();
      process.destroy();
      process.waitFor(20, TimeUnit.SECONDS);
      below.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private Path spark(String name, String... arguments) throws IOException {
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
    processes.add(
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

  /** Waits for the driver's end, as the last setting asks. */
  private String tessera(int code, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("tessera.launcher")));
    command.addAll(List.of(arguments));
    command.addAll(
        List.of(
            "--master",
            master,
            "--deploy-mode",
            "cluster",
            "--driver-memory",
            "512m",
            "--executor-memory",
            "512m",
            "--executor-cores",
            "1",
            "--conf",
            "spark.cores.max=1",
            "--conf",
            "spark.standalone.submit.waitAppCompletion=true"));
    Path printed = folder.resolve("printed.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Files.createDirectories(folder.resolve("elsewhere")).toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    processes.add(process);
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).as(Files.readString(printed)).isTrue();
    String output = Files.readString(printed);
    assertThat(process.exitValue()).as(output + logs()).isEqualTo(code);
    return output;
  }

  private String logs() throws IOException {
    StringBuilder text = new StringBuilder();
    if (Files.exists(folder.resolve("work"))) {
      try (var files = Files.walk(folder.resolve("work"))) {
        for (Path file : files.filter(f -> f.endsWith("stdout") || f.endsWith("stderr")).toList()) {
          text.append(file).append(":\n").append(Files.readString(file));
        }
      }
    }
    return text.toString();
  }

  @Test
  void trainsFromARecipeOfTheSubmittingFolderIntoASharedOne() throws Exception {
    SmallChain chain = SmallChain.ingested(folder);
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
    Files.move(chain.tokenizerRecipe(), elsewhere.resolve("mine.yaml"));
    String[] train = {"train-tokenizer", "--config", "mine.yaml", "schedule.seed=11"};

    String refused = tessera(2, train);
    assertThat(refused)
        .contains("own disk for data=" + folder + "/images, output.runs=" + folder + "/runs: ")
        .doesNotContain("driver-");
    assertThat(folder.resolve("work")).isEmptyDirectory();

    List<String> words = new ArrayList<>(List.of(train));
    words.addAll(List.of("--conf", "spark.tessera.sharedFolders=" + folder));
    tessera(0, words.toArray(String[]::new));
    Path run = folder.resolve("runs/0001-small-vqgan");
    assertThat(run.resolve("checkpoints/step-000000000016/manifest.json")).exists();
    assertThat(run.resolve("command.txt"))
        .hasContent("tessera train-tokenizer --config mine.yaml schedule.seed=11");
    assertThat(Files.readString(run.resolve("config.yaml"))).contains("seed: 11");
    assertThat(Files.readString(run.resolve("report.html"))).doesNotContain("base64,dHl");
    assertThat(logs()).contains("mine.yaml + schedule.seed=11", "report  file:" + run);
  }
}
