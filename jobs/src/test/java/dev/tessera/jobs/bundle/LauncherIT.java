package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
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
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "YARN_CONF_DIR"));
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
    return spark("for a in \"$@\"; do echo \"$a\"; done; exit 2");
  }

  /** Spark's jars, and a spark-submit that is {@code body}; rehearsals would find no recipe. */
  private Map<String, String> spark(String body) throws IOException {
    script("bin/spark-submit", body);
    script("conf/spark-env.sh", "");
    Path jars = folder.resolve("jars");
    if (!Files.exists(jars)) {
      Files.createSymbolicLink(jars, Path.of(System.getenv("SPARK_HOME")).resolve("jars"));
    }
    return Map.of(
        "SPARK_HOME", folder.toString(),
        // Spark asks for one of a YARN cluster.
        "HADOOP_CONF_DIR", Files.createDirectories(folder.resolve("hadoop")).toString(),
        "TMPDIR", Files.createDirectories(folder.resolve("tmp")).toString());
  }

  private static String confOf(List<String> lines, String key) {
    List<String> found = lines.stream().filter(line -> line.startsWith(key + "=")).toList();
    assertThat(found).as("each setting stands once").hasSize(1);
    return found.get(0).substring(key.length() + 1);
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
        .doesNotContain("--load-spark-defaults")
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
      words.addAll(List.of("--checkpoint", "runs/x", "--output", "y"));
      List<String> lines = tessera(fakeSpark(), words.toArray(String[]::new)).lines();
      int bundle = indexOfJar(lines, "/tessera-0");

      assertThat(lines.subList(0, bundle))
          .containsOnlyOnce("--class")
          .containsSequence("--class", "dev.tessera.jobs.Tessera")
          .containsSequence("--master", "yarn");
      assertThat(lines.get(bundle + 1)).isEqualTo("sample");
      assertThat(lines.subList(bundle + 2, lines.size()))
          .startsWith(flag.split(" "))
          .endsWith("--checkpoint", "runs/x", "--output", "y");
    }
  }

  @Test
  void theMainClassCanBeReplacedBeforeTheCommand() throws Exception {
    assertThat(tessera(fakeSpark(), "--class=my.Main", "sample").lines())
        .containsSequence("--class", "my.Main")
        .doesNotContain("dev.tessera.jobs.Tessera")
        .endsWith("sample");
  }

  @Test
  void everyFormAndPlaceOfSparksOptionsIsTaken() throws Exception {
    List<String> lines =
        tessera(
                fakeSpark(),
                "train",
                "--config",
                "x.yaml",
                "--master=yarn",
                "--packages=a:b:1",
                "a=1",
                "--conf=spark.x=y=z",
                "-c",
                "spark.q=1",
                "--queue",
                "night",
                "b=2")
            .lines();
    int bundle = indexOfJar(lines, "/tessera-0");

    assertThat(lines.subList(0, bundle))
        .containsSequence("--master", "yarn", "--packages", "a:b:1", "--conf", "spark.x=y=z")
        .containsSequence("-c", "spark.q=1", "--queue", "night");
    assertThat(lines.subList(bundle + 1, lines.size()))
        .containsExactly("train", "--config", "x.yaml", "a=1", "b=2");
  }

  @Test
  void whatTheUserSaysOfListsIsJoinedWithOurs() throws Exception {
    Map<String, String> spark = fakeSpark();
    Files.writeString(
        folder.resolve("conf/spark-defaults.conf"),
        """
        spark.plugins                       my.Plugin
        spark.executor.defaultJavaOptions   -Dexecutor=1
        spark.driver.defaultJavaOptions     -Ddriver=1
        spark.executor.extraClassPath       /my/executor.jar
        spark.jars                          /my/defaults.jar
        spark.executorEnv.DJL_CACHE_DIR     /my/cache
        spark.ui.showConsoleProgress        true
        """);
    List<String> here =
        tessera(
                spark,
                "demo",
                "--driver-class-path",
                "/my/driver.jar",
                "--executor-memory",
                "3g",
                "--conf",
                "spark.task.cpus=1")
            .lines();

    assertThat(confOf(here, "spark.plugins"))
        .isEqualTo("dev.tessera.spark.TesseraPlugin,my.Plugin");
    assertThat(confOf(here, "spark.executor.defaultJavaOptions"))
        .contains(" -Dai.djl")
        .endsWith(" -Dexecutor=1");
    assertThat(confOf(here, "spark.driver.defaultJavaOptions")).endsWith(" -Ddriver=1");
    assertThat(confOf(here, "spark.executor.extraClassPath"))
        .contains("/tessera-0", ":/my/executor.jar", "/tessera-natives-cpu-");
    assertThat(confOf(here, "spark.driver.extraClassPath")).endsWith(":/my/driver.jar");
    assertThat(here)
        .contains("spark.master=local-cluster[2,1,1536]", "spark.task.cpus=1")
        .containsSequence("--executor-memory", "3g")
        .noneMatch(line -> line.startsWith("spark.executor.memory="))
        .noneMatch(line -> line.startsWith("spark.executorEnv.DJL_CACHE_DIR"))
        .noneMatch(line -> line.startsWith("spark.ui.showConsoleProgress"))
        .doesNotContain("--driver-class-path");

    List<String> there = tessera(spark, "demo", "--master", "yarn").lines();
    assertThat(confOf(there, "spark.jars"))
        .contains("/tessera-natives-cpu-")
        .endsWith(".jar,/my/defaults.jar");
    assertThat(there).noneMatch(line -> line.startsWith("spark.executor.extraClassPath"));
  }

  @Test
  void optionsThatCannotBeUsedAreToldInOneSentence() throws Exception {
    Map<String, String> spark = fakeSpark();
    assertThat(tessera(spark, "train", "--config", "x", "--remote", "sc://h").lines())
        .singleElement()
        .asString()
        .contains("Spark Connect", "--master");
    assertThat(tessera(spark, "train", "--conf", "x").lines())
        .containsExactly("tessera: --conf x: no setting (expected: --conf key=value)");
    assertThat(tessera(spark, "train", "--excutor-cores", "4", "--config", "x").lines())
        .containsExactly(
            "tessera: Unknown option: '--excutor-cores'; see tessera train --help, and spark-submit"
                + " --help for the options of Spark");
    assertThat(tessera(spark, "train", "--properties-file", "none.conf").lines())
        .containsExactly("tessera: none.conf: no such file of Spark settings");
  }

  @Test
  void whatSparkSubmitWouldRefuseByATraceIsToldInOneSentence() throws Exception {
    Map<String, String> spark = new HashMap<>(fakeSpark());
    spark.remove("HADOOP_CONF_DIR");
    Map<String, String> refusals =
        Map.of(
            "--master=bogus", "tessera: --master bogus: no master of Spark's (expected: local[",
            "--master=local-cluster[a]", "tessera: --master local-cluster[a]: no master",
            "--master=yarn", "tessera: Spark refuses the options: When running with master 'yarn'",
            "--executor-memory=lots", "tessera: Spark refuses the options: Executor memory must",
            "--driver-memory=1k", "tessera: spark.driver.memory: 1k (expected: 450m or more",
            "--driver-memory=much", "tessera: spark.driver.memory: much (expected: a size",
            "--packages=a:b", "tessera: --packages a:b: no package (expected: group:artifact:");
    for (Map.Entry<String, String> refusal : refusals.entrySet()) {
      Ended ended = tessera(spark, "doctor", refusal.getKey());
      assertThat(ended.lines()).singleElement().asString().startsWith(refusal.getValue());
      assertThat(ended.code()).isEqualTo(2);
    }
    assertThat(folder.resolve("tmp")).isEmptyDirectory();
  }

  @Test
  void anotherLineOfSparkIsRefusedByEveryCommand() throws Exception {
    Path core = folder.resolve("old/jars/spark-core_2.12-3.5.6.jar");
    script("old/bin/spark-submit", "exit 0");
    Files.createDirectories(core.getParent());
    Files.createFile(core);
    String home = folder.resolve("old").toString();

    for (String command : List.of("ingest", "train", "doctor")) {
      Ended ended = tessera(Map.of("SPARK_HOME", home), command);
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.lines())
          .containsExactly(
              "tessera: SPARK_HOME="
                  + home
                  + " is Spark 3.5.6, and Tessera needs Spark 4.2: point it at one, or unset it to"
                  + " use Spark from the build");
    }
  }

  @Test
  void theRecipeTravelsToADriverThatRunsElsewhere() throws Exception {
    Path recipe = Files.writeString(folder.resolve("my recipe.yaml"), "type: diffusion\n");
    List<String> lines =
        tessera(
                fakeSpark(),
                "train",
                "--config",
                recipe.toString(),
                "--master=spark://h:7077",
                "--deploy-mode=cluster",
                "data=hdfs://h/latents",
                "--conf=spark.tessera.sharedFolders=/mnt",
                "output.runs=/mnt/runs")
            .lines();

    assertThat(lines.subList(lines.size() - 4, lines.size()))
        .containsExactly(
            "--config",
            "data:application/yaml;name=my+recipe.yaml;base64,"
                + Base64.getEncoder().encodeToString(Files.readAllBytes(recipe)),
            "data=hdfs://h/latents",
            "output.runs=/mnt/runs");
    assertThat(confOf(lines, "spark.driver.defaultJavaOptions")).doesNotContain("log4j2");
  }

  @Test
  void whatOnlyTheDriversHostWouldSeeIsRefusedBeforeItIsSubmitted() throws Exception {
    Path recipe = Files.writeString(folder.resolve("r.yaml"), "type: tokenizer\n");
    Ended ended =
        tessera(
            fakeSpark(),
            "train-tokenizer",
            "--config=" + recipe,
            "--master=spark://h:7077",
            "--deploy-mode=cluster",
            "data=file:/data/images");

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.lines())
        .containsExactly(
            "tessera: With --deploy-mode cluster the driver runs on a host of the cluster's choice,"
                + " which would take its own disk for data=file:/data/images, output.runs=runs: name"
                + " places on hdfs:, s3a: or the like, or absolute ones in a folder that every host"
                + " mounts, named by --conf spark.tessera.sharedFolders=FOLDER");
  }

  @Test
  void executorsOnThisMachineWorkInAFolderOfTheCommand() throws Exception {
    Map<String, String> environment =
        spark("echo \"$SPARK_HOME\"; ls \"$SPARK_HOME\"; ls -ld \"$SPARK_HOME/..\"; exit 2");
    List<String> lines = tessera(environment, "demo").lines();

    assertThat(lines.get(0)).startsWith(environment.get("TMPDIR") + "/tessera-").endsWith("/spark");
    assertThat(lines).contains("bin", "conf", "jars", "work");
    assertThat(lines.get(lines.size() - 1)).startsWith("drwx------");
    assertThat(folder.resolve("work")).doesNotExist();
  }

  @Test
  void temporaryFilesOfWhatRunsHereAreInTheCommandsFolder() throws Exception {
    Map<String, String> spark = new HashMap<>(fakeSpark());
    String temporary = Files.createDirectories(folder.resolve("my tmp")).toString();
    spark.put("TMPDIR", temporary);
    String folders = "\"-Djava.io.tmpdir=" + temporary + "/tessera-";

    List<String> here = tessera(spark, "demo").lines();
    assertThat(confOf(here, "spark.driver.defaultJavaOptions"))
        .startsWith(folders)
        .contains("\"-Dtessera.run.folder=" + temporary + "/tessera-");
    assertThat(confOf(here, "spark.executor.defaultJavaOptions")).startsWith(folders);
    // Executors elsewhere have folders of their own.
    List<String> there = tessera(spark, "demo", "--master", "yarn").lines();
    assertThat(confOf(there, "spark.driver.defaultJavaOptions")).startsWith(folders);
    assertThat(confOf(there, "spark.executor.defaultJavaOptions")).startsWith("-Dai.djl");
    // What the user says stands behind ours and holds.
    String conf = "spark.executor.defaultJavaOptions=-Djava.io.tmpdir=/mine";
    assertThat(confOf(tessera(spark, "demo", "--conf", conf).lines(), conf.split("=", 2)[0]))
        .startsWith(folders)
        .endsWith(" -Djava.io.tmpdir=/mine");
  }

  @Test
  void aProcessThatComputesItselfGetsItsEnvironmentFromTheLauncher() throws Exception {
    Map<String, String> spark = new HashMap<>(spark("echo fp32=$NVIDIA_TF32_OVERRIDE; exit 2"));
    spark.put("NVIDIA_TF32_OVERRIDE", "");

    assertThat(tessera(spark, "demo", "--master", "local[4]").lines()).containsExactly("fp32=0");
    assertThat(tessera(spark, "bench", "gpu").lines()).containsExactly("fp32=0");
    assertThat(
            tessera(spark, "demo", "--master=local", "--conf", "spark.tessera.tf32=true").lines())
        .containsExactly("fp32=");
    assertThat(tessera(spark, "demo", "--master", "local-cluster[1,2,512]").lines())
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

  private static int indexOfJar(List<String> lines, String part) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(part) && !lines.get(i).contains(":")) {
        return i;
      }
    }
    throw new AssertionError("no " + part + " in " + lines);
  }
}
