package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.jobs.SmallChain;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A session that Python began, with the jars in {@code spark.jars}: real processes. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PySparkIT {

  private static final String PYTHON = System.getenv("TESSERA_PYTHON");

  @TempDir private Path folder;

  @BeforeAll
  static void assumePySpark() throws Exception {
    Assumptions.assumeTrue(PYTHON != null, "set TESSERA_PYTHON to a Python with pyspark 4.2");
    Process probe =
        new ProcessBuilder(PYTHON, "-c", "import pyspark; print(pyspark.__version__)")
            .redirectErrorStream(true)
            .start();
    String version = new String(probe.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    Assumptions.assumeTrue(
        version.startsWith("4.2."), PYTHON + " has no pyspark 4.2: " + version.strip());
  }

  private static String jar(String prefix) throws IOException {
    try (Stream<Path> jars = Files.list(Path.of(System.getProperty("tessera.bundle")))) {
      return jars.filter(jar -> jar.getFileName().toString().startsWith(prefix))
          .findFirst()
          .orElseThrow()
          .toString();
    }
  }

  private List<JsonNode> python(String plugins) throws Exception {
    Path script = folder.resolve("session.py");
    try (InputStream in = PySparkIT.class.getResourceAsStream("session.py")) {
      Files.copy(in, script);
    }
    new SmallChain(folder).writeRecipes();
    Path printed = folder.resolve("printed.txt");
    ProcessBuilder builder =
        new ProcessBuilder(
                new ArrayList<>(
                    List.of(
                        PYTHON,
                        script.toString(),
                        jar("tessera-0"),
                        jar("tessera-natives-cpu-"),
                        folder.toString(),
                        plugins)))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile());
    builder.environment().remove("SPARK_HOME"); // PySpark's own.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    boolean ended = process.waitFor(4, TimeUnit.MINUTES);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    String output = Files.readString(printed);
    assertThat(ended).as(output).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
    // Nothing is printed by commands, only by Spark itself.
    assertThat(output).doesNotContain("images/s", "report ", "tessera: ");
    JsonNode told = new ObjectMapper().readTree(folder.resolve("told.json").toFile());
    return StreamSupport.stream(told.spliterator(), false).toList();
  }

  @Test
  void trainsGivesPythonItsNumbersAndTheSessionGoesOn() throws Exception {
    List<JsonNode> told = python("dev.tessera.spark.TesseraPlugin");

    assertThat(told)
        .extracting(one -> one.get("command").asText())
        .containsExactly(
            "ingest",
            "train-tokenizer",
            "map",
            "tokenize",
            "train-tokenizer",
            "require",
            "read",
            "after");
    JsonNode ingested = told.get(0);
    assertThat(ingested.get("exit_code").asInt()).as(ingested.toString()).isZero();
    assertThat(ingested.get("metrics").get("written").asInt()).isEqualTo(96);
    assertThat(ingested.get("outputs").get(0).asText()).isEqualTo("file:" + folder + "/images");

    // What the second argument was given.
    assertThat(ingested.get("lines"))
        .extracting(JsonNode::asText)
        .anyMatch(line -> line.startsWith("ingest  96 images read"))
        .last()
        .isEqualTo("table  file:" + folder + "/images  2 classes");

    JsonNode trained = told.get(1);
    assertThat(trained.get("exit_code").asInt()).as(trained.toString()).isZero();
    assertThat(trained.get("run_directory").asText())
        .isEqualTo("file:" + folder + "/runs/0001-small-vqgan");
    assertThat(trained.get("metrics").get("images").asInt()).isEqualTo(16);
    assertThat(trained.get("metrics").get("rec_loss").asDouble()).isPositive();
    assertThat(told.get(2).get("metrics").get("rec_loss"))
        .isEqualTo(trained.get("metrics").get("rec_loss"));
    assertThat(trained.get("console").asText()).contains("small-vqgan", "report  file:");

    assertThat(told.get(3).get("exit_code").asInt()).as(told.get(3).toString()).isZero();
    assertThat(told.get(4).get("exit_code").asInt()).isEqualTo(2);
    assertThat(told.get(4).get("message").asText()).contains("schedule.batch: none");
    assertThat(told.get(4).get("run_directory").isNull()).isTrue();
    assertThat(told.get(5).get("message").asText()).contains("UserException", "nonsense");
    assertThat(told.get(6).get("rows").asInt()).isEqualTo(96);
    assertThat(told.get(7).get("sum").asInt()).isEqualTo(4950);
  }

  @Test
  void aSessionWithoutThePluginIsToldTheLine() throws Exception {
    List<JsonNode> told = python("");

    assertThat(told.get(0).get("exit_code").asInt()).isEqualTo(2);
    assertThat(told.get(0).get("message").asText())
        .isEqualTo(
            "The Spark session that is there was begun without"
                + " spark.plugins=dev.tessera.spark.TesseraPlugin, which Spark reads at its start"
                + " alone: stop it and begin it with that");
    assertThat(told.get(1).get("sum").asInt()).isEqualTo(4950);
  }
}
