package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressLineTest {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final AtomicLong clock = new AtomicLong();

  private Console console(Console.Mode mode, int width) {
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    return new Console(out, mode, width, clock::get);
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  private String printed() {
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void aJobThatKnowsItsArithmeticShowsItsFlops() {
    ProgressText text = new ProgressText("train", 6400, 292e6);

    assertThat(text.running(640, 50, Map.of("loss", 0.5)))
        .isEqualTo("train  640/6,400 images  50.0 images/s  14.6 GFLOP/s  loss 0.5000  1m55s left");
    assertThat(text.finished(6400, 128, 50, Map.of()))
        .isEqualTo("train  6,400 images in 2m08s  50.0 images/s  14.6 GFLOP/s");
  }

  @Test
  void aLogGetsOnePlainLineEveryTenSecondsAndALastOne() {
    try (ProgressLine line = console(Console.Mode.PLAIN, 80).progress("train", 0, 6400)) {
      for (int second = 1; second <= 25; second++) {
        pass(Duration.ofSeconds(1));
        line.update(second * 128L, Map.of("loss", 1.0 / second));
      }
    }
    assertThat(printed().lines())
        .containsExactly(
            "train  1,280/6,400 images  128 images/s  loss 0.1000  40s left",
            "train  2,560/6,400 images  128 images/s  loss 0.0500  30s left",
            "train  3,200 images in 25s  128 images/s  loss 0.0400");
  }

  @Test
  void imagesOfAnEarlierAttemptDoNotCountForTheSpeed() {
    ProgressLine line = console(Console.Mode.PLAIN, 80).progress("train", 5000, 6000);
    pass(Duration.ofSeconds(10));
    line.update(5100, Map.of());

    assertThat(printed()).isEqualTo("train  5,100/6,000 images  10.0 images/s  1m30s left\n");
  }

  @Test
  void goingBackToACheckpointDoesNotMakeTheSpeedNegative() {
    ProgressLine line = console(Console.Mode.PLAIN, 80).progress("train", 0, 6000);
    pass(Duration.ofSeconds(10));
    line.update(2000, Map.of());
    pass(Duration.ofSeconds(10));
    line.update(1000, Map.of());
    pass(Duration.ofSeconds(10));
    line.update(1500, Map.of());

    assertThat(printed().lines().toList().get(1)).isEqualTo("train  1,000/6,000 images");
    assertThat(printed().lines().toList().get(2)).contains("50.0 images/s");
  }

  @Test
  void aTerminalsLineIsRedrawnAndNeverWrapsOrLeavesRests() {
    Random random = new Random(4);
    int width = 40;
    ProgressLine line = console(Console.Mode.TERMINAL, width).progress("train", 0, 10_000_000);
    for (int i = 0; i < 200; i++) {
      pass(Duration.ofMillis(250));
      Map<String, Double> values =
          random.nextBoolean() ? Map.of() : Map.of("loss", random.nextGaussian() * 1e4);
      line.update(i * 31L, values);
    }
    line.close();

    assertThat(printed()).endsWith("\n");
    List<String> drawn = List.of(printed().stripTrailing().split("\r"));
    assertThat(drawn).hasSizeGreaterThan(200).allMatch(text -> text.length() < width);
    StringBuilder screen = new StringBuilder(" ".repeat(width));
    for (String text : drawn) {
      screen.replace(0, text.length(), text);
      assertThat(screen.toString().stripTrailing()).isEqualTo(text.stripTrailing());
    }
  }

  @Test
  void aSentenceStandsOnALineOfItsOwn() {
    ProgressLine line = console(Console.Mode.TERMINAL, 80).progress("train", 0, 0);
    pass(Duration.ofSeconds(1));
    line.update(7, Map.of());
    line.say("checkpoint written");
    pass(Duration.ofSeconds(1));
    line.update(8, Map.of());

    assertThat(printed().lines().toList())
        .anyMatch(
            text -> text.equals("checkpoint written") || text.endsWith("\rcheckpoint written"));
  }

  @Test
  void aProgramGetsJson() throws Exception {
    Console console = console(Console.Mode.JSON, 80);
    console.print(new ConsoleBlock("tessera train").fact("data", "20 images"));
    ProgressLine line = console.progress("train", 0, 1000);
    pass(Duration.ofSeconds(10));
    line.update(100, Map.of("loss", Double.NaN));
    line.say("done");

    List<String> lines = printed().lines().toList();
    ObjectMapper json = new ObjectMapper();
    assertThat(json.readTree(lines.get(0)).at("/facts/data").asText()).isEqualTo("20 images");
    assertThat(json.readTree(lines.get(1)).at("/images_per_second").asDouble()).isEqualTo(10);
    assertThat(json.readTree(lines.get(1)).at("/seconds_left").asDouble()).isEqualTo(90);
    assertThat(json.readTree(lines.get(1)).at("/values/loss").asText()).isEqualTo("NaN");
    assertThat(json.readTree(lines.get(2)).at("/text").asText()).isEqualTo("done");
  }

  @Test
  void theBlocksFactsStandInAColumn() {
    assertThat(
            new ConsoleBlock("tessera train")
                .fact("config", "a.yaml + 1 override")
                .fact("cluster", "2 ranks\nSpark UI elsewhere")
                .text())
        .isEqualTo(
            """
            tessera train
              config    a.yaml + 1 override
              cluster   2 ranks
                        Spark UI elsewhere
            """);
  }
}
