package dev.tessera.jobs.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes as a user sees them: the launcher, spark-submit, and nothing else on the screen. */
class BadInputIT {

  private static final String RECIPE =
      """
      type: tokenizer
      name: small
      data: %1$s/images
      model: {network: {patch: 2, channels: 8, multipliers: [1, 2], blocks: 1, attention: false}}
      schedule: {batch: 8, shards: 4, images: 16, checkpoint-images: 16}
      output: {runs: %1$s/runs}
      """;

  @TempDir private Path folder;
  @TempDir private Path work;

  private record Ended(int code, String output, String error) {}

  private Ended tessera(String command, String... arguments) throws Exception {
    Path launcher = Path.of(System.getProperty("tessera.launcher"));
    List<String> words =
        new ArrayList<>(
            List.of(
                launcher.toString(),
                command,
                "--master",
                "local-cluster[2,1,1024]",
                "--conf",
                "spark.executor.memory=512m",
                "--driver-memory",
                "512m"));
    words.addAll(List.of(arguments));
    Path output = work.resolve("output");
    Path error = work.resolve("error");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(work.toFile())
            .redirectOutput(output.toFile())
            .redirectError(error.toFile());
    builder.environment().remove("SPARK_HOME"); // Spark from the build, by the launcher's own way.
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    Process process = builder.start();
    boolean ended = process.waitFor(3, TimeUnit.MINUTES);
    process.destroyForcibly();
    assertThat(ended).as("ended by itself").isTrue();
    // The JVM's own notice wherever the user's environment holds options is not the command's.
    String said = Files.readString(error).replaceAll("(?m)^Picked up \\w+: .*\\R", "");
    return new Ended(process.exitValue(), Files.readString(output), said);
  }

  private List<String> content() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.map(Path::toString).sorted().toList();
    }
  }

  private void refused(Ended ended, String sentence) {
    assertThat(ended.error().lines()).singleElement().asString().isEqualTo(sentence);
    assertThat(ended.output()).isEmpty();
    assertThat(ended.code()).isEqualTo(2);
  }

  @Test
  void aRecipeThatIsNotThereIsTold() throws Exception {
    refused(
        tessera("train", "--config", "none.yaml"),
        "tessera: none.yaml: no such recipe (expected: a YAML file)");
  }

  @Test
  void fewerSlotsThanRanksAndAnExistingTableAreToldAndChangeNothing() throws Exception {
    String images = folder + "/images";
    Path recipe = folder.resolve("recipe.yaml");
    Files.writeString(recipe, RECIPE.formatted(folder));
    String[] ingest = {"--input", "icons:?count=40", "--output", images, "size=16"};
    Ended first = tessera("ingest", ingest);
    assertThat(first.code()).as(first.error()).isZero();
    List<String> before = content();

    refused(
        tessera("ingest", ingest),
        "tessera: file:"
            + images
            + " exists already: choose another output, or replace it with overwrite=true (ingest:"
            + " --overwrite)");
    refused(
        tessera("train-tokenizer", "--config", recipe.toString(), "ranks.count=4"),
        "tessera: 4 ranks need 4 task slots and there are 2 (2 executors x 1 cores /"
            + " spark.task.cpus=1): raise --master local-cluster[executors,cores,MiB], or ask for"
            + " at most 2 ranks");
    assertThat(content()).isEqualTo(before);
  }
}
