package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * spark-submit with the bundle, by the launcher: jars travel by {@code --jars} to real executors.
 */
@ExtendWith(AtTheTerminal.class)
class SubmitIT {

  @TempDir private Path folder;

  private record Ended(int code, String output) {}

  private Ended tessera(String... arguments) throws IOException, InterruptedException {
    Path launcher = Path.of(System.getProperty("tessera.launcher"));
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().remove("SPARK_HOME"); // Spark from the build, by the launcher's own way.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return ended(builder);
  }

  private Ended ended(ProcessBuilder builder) throws IOException, InterruptedException {
    Path output = folder.resolve("output.txt");
    Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).isTrue();
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  @Test
  void aGangMeetsOnExecutorsThatGotTheJarsFromTheDriver() throws Exception {
    Ended ended =
        tessera(
            "doctor",
            "--master",
            "local-cluster[2,1,1024]",
            "--conf",
            "spark.executor.memory=512m",
            "--driver-memory",
            "512m",
            folder.toString());

    assertThat(ended.output())
        .contains("driver on ", "executor 0 on ", "executor 1 on ")
        .contains("Nothing found that would stop a run.");
    assertThat(ended.output().split("libtorch  2\\.7\\.1 in ", -1)).hasSize(4);
    assertThat(ended.code()).isZero();
  }

  @Test
  void exportNeedsNoPluginAndNoPropertiesOfTheLaunchers() throws Exception {
    SmallChain chain = SmallChain.ingested(folder);
    AtTheTerminal.Ended trained =
        AtTheTerminal.run("train-tokenizer", "--config", chain.tokenizerRecipe().toString());
    assertThat(trained.code()).as(trained.error()).isZero();
    Path file = folder.resolve("model.pt");

    Ended ended =
        spark("export", "--checkpoint", chain.tokenizerRun(), "--output", file.toString());

    assertThat(ended.output()).contains("export  ");
    assertThat(ended.code()).isZero();
    assertThat(file).isNotEmptyFile();
  }

  /** spark-submit alone, as a user without the launcher starts it. */
  private Ended spark(String... arguments) throws Exception {
    Path home = Path.of(System.getenv("SPARK_HOME"));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-cp",
                home.resolve("jars") + "/*",
                "org.apache.spark.deploy.SparkSubmit",
                "--master",
                "local[1]",
                "--class",
                "dev.tessera.jobs.Tessera",
                "--jars",
                jar("tessera-natives-cpu-"),
                jar("tessera-0")));
    command.addAll(List.of(arguments));
    return ended(new ProcessBuilder(command));
  }

  private static String jar(String prefix) throws IOException {
    try (Stream<Path> jars = Files.list(Path.of(System.getProperty("tessera.bundle")))) {
      return jars.filter(jar -> jar.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow()
          .toString();
    }
  }

  @Test
  void theCommandsExitCodeIsTheLaunchers() throws Exception {
    Ended ended =
        tessera("doctor", "--master", "local[1]", "--driver-memory", "512m", "nosuch://x/y");

    assertThat(ended.output()).contains("nosuch://x/y cannot be reached");
    assertThat(ended.code()).isEqualTo(1);
  }
}
