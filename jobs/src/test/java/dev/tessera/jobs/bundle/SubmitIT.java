package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * spark-submit with the bundle, by the launcher: jars travel by {@code --jars} to real executors.
 */
class SubmitIT {

  private static final String DOCTOR = "dev.tessera.jobs.doctor.Doctor";

  @TempDir private Path folder;

  private record Ended(int code, String output) {}

  private Ended tessera(String... arguments) throws IOException, InterruptedException {
    Path launcher = Path.of(System.getProperty("tessera.launcher"));
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    Path output = folder.resolve("output.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().remove("SPARK_HOME"); // Spark from the build, by the launcher's own way.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).isTrue();
    return new Ended(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
  }

  @Test
  void aGangMeetsOnExecutorsThatGotTheJarsFromTheDriver() throws Exception {
    Ended ended =
        tessera(
            "--master",
            "local-cluster[2,1,1024]",
            "--class",
            DOCTOR,
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
  void theCommandsExitCodeIsTheLaunchers() throws Exception {
    Ended ended =
        tessera(
            "--master", "local[1]", "--class", DOCTOR, "--driver-memory", "512m", "nosuch://x/y");

    assertThat(ended.output()).contains("nosuch://x/y cannot be reached");
    assertThat(ended.code()).isEqualTo(1);
  }
}
