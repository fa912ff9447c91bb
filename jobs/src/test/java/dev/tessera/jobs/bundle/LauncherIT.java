package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What bin/tessera hands to spark-submit, seen by a spark-submit that prints its arguments. */
class LauncherIT {

  @TempDir private Path folder;

  private record Ended(int code, List<String> lines) {}

  private Ended tessera(Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(System.getProperty("tessera.launcher")));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("SPARK_HOME");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output.lines().toList());
  }

  private Path script(String name, String body) throws IOException {
    Path script = folder.resolve(name);
    Files.createDirectories(script.getParent());
    Files.writeString(script, "#!/bin/sh\n" + body + "\n");
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    return script;
  }

  private Map<String, String> fakeSpark() throws IOException {
    script("bin/spark-submit", "for a in \"$@\"; do echo \"$a\"; done; exit 2");
    return Map.of("SPARK_HOME", folder.toString());
  }

  @Test
  void sparksOptionsGoBeforeTheBundleAndTheCommandsAfterIt() throws Exception {
    Ended ended =
        tessera(
            fakeSpark(),
            "train",
            "--master",
            "yarn",
            "--conf",
            "a.b=c d",
            "--config",
            "x.yaml",
            "train.steps=7");
    int bundle = indexOfJar(ended.lines(), "/tessera-0");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.lines().subList(0, bundle))
        .containsSequence("--master", "yarn", "--conf", "a.b=c d")
        .contains("dev.tessera.jobs.Tessera", "spark.plugins=dev.tessera.spark.TesseraPlugin")
        .anyMatch(word -> word.startsWith("spark.executor.defaultJavaOptions=-Dai.djl"))
        .doesNotContain("--properties-file");
    assertThat(ended.lines().subList(bundle + 1, ended.lines().size()))
        .containsExactly("train", "--config", "x.yaml", "train.steps=7");
  }

  @Test
  void theClassOfSamplesIsNotTheMainClass() throws Exception {
    for (String flag : List.of("--class=flag", "--class flag")) {
      List<String> words = new ArrayList<>(List.of("sample", "--master", "yarn"));
      words.addAll(List.of(flag.split(" ")));
      words.addAll(List.of("--checkpoint", "runs/x"));
      List<String> lines = tessera(fakeSpark(), words.toArray(String[]::new)).lines();
      int bundle = indexOfJar(lines, "/tessera-0");

      assertThat(lines.subList(0, bundle))
          .containsOnlyOnce("--class")
          .containsSequence("--class", "dev.tessera.jobs.Tessera")
          .containsSequence("--master", "yarn");
      assertThat(lines.get(bundle + 1)).isEqualTo("sample");
      assertThat(lines.subList(bundle + 2, lines.size()))
          .startsWith(flag.split(" "))
          .endsWith("--checkpoint", "runs/x");
    }
  }

  @Test
  void theMainClassCanBeReplacedBeforeTheCommand() throws Exception {
    assertThat(tessera(fakeSpark(), "--class=my.Main", "sample").lines())
        .containsSequence("--class=my.Main")
        .endsWith("sample");
  }

  @Test
  void jarsOfTheUsersTravelWithTheNatives() throws Exception {
    Ended ended = tessera(fakeSpark(), "--master", "yarn", "--jars", "my.jar", "doctor");
    int jars = ended.lines().indexOf("--jars");

    assertThat(ended.lines()).containsOnlyOnce("--jars");
    assertThat(ended.lines().get(jars + 1))
        .contains("tessera-natives-cpu-")
        .endsWith(".jar,my.jar");
  }

  @Test
  void withoutAMasterTheCommandRunsOnThisMachine() throws Exception {
    Ended ended = tessera(fakeSpark(), "demo");

    assertThat(ended.lines())
        // Without the first the user's spark-defaults.conf would be passed over.
        .containsSequence("--load-spark-defaults", "--properties-file", localConf())
        .doesNotContain("--jars");
    assertThat(ended.lines().get(ended.lines().size() - 1)).isEqualTo("demo");
  }

  @Test
  void aProcessThatComputesItselfGetsItsEnvironmentFromTheLauncher() throws Exception {
    script("bin/spark-submit", "echo fp32=$NVIDIA_TF32_OVERRIDE; exit 2");
    Map<String, String> spark = Map.of("SPARK_HOME", folder.toString(), "NVIDIA_TF32_OVERRIDE", "");

    assertThat(tessera(spark, "train", "--master", "local[4]").lines()).containsExactly("fp32=0");
    assertThat(tessera(spark, "bench", "gpu").lines()).containsExactly("fp32=0");
    assertThat(
            tessera(spark, "train", "--master=local", "--conf", "spark.tessera.tf32=true").lines())
        .containsExactly("fp32=");
    assertThat(tessera(spark, "train", "--master", "local-cluster[1,2,512]").lines())
        .containsExactly("fp32=");
  }

  @Test
  void anOldJavaIsNamed() throws Exception {
    script("java/bin/java", "echo 'openjdk version \"11.0.2\"' >&2");
    Ended ended = tessera(Map.of("JAVA_HOME", folder.resolve("java").toString()), "demo");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.lines()).singleElement().asString().contains("is Java 11", "needs 17");
  }

  @Test
  void aMissingJavaIsNamed() throws Exception {
    Ended ended = tessera(Map.of("JAVA_HOME", folder.toString()), "demo");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.lines()).singleElement().asString().contains("no Java at", "JDK 17");
  }

  @Test
  void anOptionWithoutItsValueIsNamed() throws Exception {
    Ended ended = tessera(Map.of(), "demo", "--master");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.lines()).containsExactly("tessera: --master needs a value");
  }

  private static String localConf() {
    return Path.of(System.getProperty("tessera.launcher"))
        .resolve("../../conf/clusters/local.conf")
        .normalize()
        .toString();
  }

  private static int indexOfJar(List<String> lines, String part) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(part) && !lines.get(i).contains(":")) {
        return i;
      }
    }
    throw new AssertionError("no " + part + " in " + lines);
  }
}
