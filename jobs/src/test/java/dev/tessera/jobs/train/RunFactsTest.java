package dev.tessera.jobs.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What a real run says of itself, on a machine that writes numbers as Germans do. */
@ExtendWith(AtTheTerminal.class)
class RunFactsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;

  private static String printed(String... arguments) {
    PrintStream out = System.out;
    Locale locale = Locale.getDefault();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      Locale.setDefault(Locale.GERMANY);
      System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
      AtTheTerminal.Ended ended = AtTheTerminal.run(arguments);
      assertThat(ended.code()).as(ended.error()).isZero();
    } finally {
      System.setOut(out);
      Locale.setDefault(locale);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aRunSaysWhatItIsAboutToDoAndHowFastItComputes() throws Exception {
    SmallChain chain = SmallChain.ingested(folder);
    String recipe = chain.tokenizerRecipe().toString();
    String first =
        printed("train-tokenizer", "--json", "--config", recipe, "schedule.seed=7", "name=x")
            .lines()
            .findFirst()
            .orElseThrow();
    JsonNode facts = JSON.readTree(first).get("facts");

    assertThat(facts.get("config").asText()).isEqualTo(recipe + " + schedule.seed=7 name=x");
    assertThat(facts.get("data").asText())
        .matches("96 images 16x16x3 in \\d+ parts from " + chain.images());
    assertThat(facts.get("model").asText())
        .matches(
            "generator [\\d,]+, discriminator [\\d,]+ parameters, [\\d,]+\\.\\d MFLOP an image");
    assertThat(facts.get("ranks").asText()).startsWith("1 on the CPU, batch 8 in 4 shards");

    double flops =
        1e6
            * Double.parseDouble(
                facts.get("model").asText().replaceAll(".*, ([\\d.]+) MFLOP.*", "$1"));
    JsonNode step =
        JSON.readTree(Files.readAllLines(folder.resolve("runs/0001-x/metrics.jsonl")).get(0));
    double speed = step.get("values").get("images_per_second").asDouble();
    assertThat(step.get("values").get("gflops").asDouble())
        .isCloseTo(speed * flops / 1e9, org.assertj.core.data.Percentage.withPercentage(5));
  }
}
