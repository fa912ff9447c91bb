package dev.tessera.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A disk that fills in the middle of a run: told once, in one sentence, and not tried again. */
@ExtendWith(AtTheTerminal.class)
class FullDiskTest {

  private static final String KEY = "spark.hadoop.fs.full.impl";

  @TempDir private static Path folder;
  private static SmallChain chain;

  @BeforeAll
  static void ingest() throws Exception {
    System.setProperty(KEY, FullDisk.class.getName());
    chain = SmallChain.ingested(folder);
  }

  @AfterAll
  static void clear() {
    System.clearProperty(KEY);
  }

  private static long bytes(String below) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(below))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static AtTheTerminal.Ended train(String runs, int images) {
    return AtTheTerminal.run(
        "train-tokenizer",
        "--config",
        chain.tokenizerRecipe().toString(),
        "output.runs=full://" + folder + "/" + runs,
        "output.keep-checkpoints=9",
        "schedule.images=" + images);
  }

  @Test
  void aCheckpointThatFindsNoRoomEndsTheRunAndTheOneBeforeStays() throws Exception {
    FullDisk.allow("/checkpoints/", Long.MAX_VALUE / 2);
    assertThat(train("probe", 16).code()).isZero();
    FullDisk.allow("/checkpoints/", bytes("probe/0001-small-vqgan/checkpoints") * 3 / 2);
    AtTheTerminal.Ended ended = train("small", 64);

    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.error().lines()).hasSize(1);
    assertThat(ended.error())
        .contains("failed: Cannot write the checkpoint of 32 images to full:")
        .contains("No space left on device", "it takes 0.", "are free there", "output.runs")
        .contains("the checkpoint of 16 images is complete and stays: go on with output.resume=");
    Path run = folder.resolve("small/0001-small-vqgan");
    assertThat(Files.readString(run.resolve("metrics.jsonl"))).doesNotContain("\"resume\"");
    try (var checkpoints = Files.list(run.resolve("checkpoints"))) {
      assertThat(checkpoints.map(path -> path.getFileName().toString()).toList())
          .isEqualTo(List.of("step-000000000016"));
    }
  }

  @Test
  void aLogLineThatFindsNoRoomEndsTheRunToo() {
    FullDisk.allow("/metrics.jsonl", 700);
    AtTheTerminal.Ended ended = train("log", 64);

    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.error().lines()).hasSize(1);
    assertThat(ended.error())
        .contains("failed: Cannot write to full:", "No space left on device", "free some space");
  }

  @Test
  void aDiskThatIsFullBeforeTheRunIsARefusalThatLeavesNothing() {
    FullDisk.allow("/command.txt", 1);
    AtTheTerminal.Ended ended = train("full", 64);

    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.error().lines()).hasSize(1);
    assertThat(ended.error()).contains("No space left on device", "a folder that can be written");
    assertThat(folder.resolve("full")).doesNotExist();
  }
}
