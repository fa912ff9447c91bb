package dev.tessera.jobs.average;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.tessera.datasets.lease.Lease;
import dev.tessera.jobs.AtTheTerminal;
import dev.tessera.jobs.SmallChain;
import dev.tessera.jobs.train.Trained;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.graph.Layout;
import dev.tessera.models.runtime.NativeTensor;
import dev.tessera.models.runtime.TorchRuntime;
import dev.tessera.spark.inference.StoredWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A run with two power-function averages; then averages that it did not keep. */
@ExtendWith(AtTheTerminal.class)
final class EmaJobTest {

  private static final Configuration CONF = new Configuration();

  @TempDir static Path folder;
  private static SmallChain chain;
  private static String run;

  @BeforeAll
  static void train() throws IOException {
    chain = SmallChain.trained(folder);
    AtTheTerminal.Ended ended =
        AtTheTerminal.run(
            "train",
            "--config",
            chain.diffusionRecipe().toString(),
            "name=averaged",
            "model.ema={type: power-function, deviations: [0.1, 0.2]}",
            "schedule.images=80",
            "output.keep-checkpoints=1");
    assertThat(ended.code()).as(ended.error()).isZero();
    run = folder + "/runs/0003-averaged";
  }

  private static AtTheTerminal.Ended ema(String... more) {
    String[] arguments = new String[more.length + 1];
    arguments[0] = "ema";
    System.arraycopy(more, 0, arguments, 1, more.length);
    return AtTheTerminal.run(arguments);
  }

  private static float[] average(String path, String name) {
    Checkpoint checkpoint = StoredWeights.checkpoint(CONF, path);
    Layout layout = Trained.diffusion(checkpoint).spec(null).model().layout();
    try (TorchRuntime runtime = TorchRuntime.onCpu();
        NativeTensor flat = StoredWeights.open(CONF, path).group(runtime, layout, name)) {
      return flat.toFloats();
    }
  }

  @Test
  void theAverageThatWasKeptComesBack() {
    for (String[] kept : new String[][] {{"0.1", "ema"}, {"0.2", "ema-0.2"}}) {
      AtTheTerminal.Ended ended = ema("--run", run, "--deviation", kept[0]);
      assertThat(ended.code()).as(ended.error()).isZero();
      float[] made = average(run + "/ema-" + kept[0], "ema");
      float[] expected = average(run, kept[1]);
      assertThat(made).containsExactly(expected, within(1e-6f));
    }
  }

  @Test
  void twoDoNotWriteOneAverage() {
    org.apache.hadoop.fs.Path place = new org.apache.hadoop.fs.Path(run, "ema-0.12");
    try (Lease lease = Lease.acquire(CONF, place, "an average")) {
      AtTheTerminal.Ended ended = ema("--run", run, "--deviation", "0.12");
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.error()).contains("ema-0.12 is being written by process", "takeOver=");
      String id = lease.file().getName().replace(".json", "");
      System.setProperty(Lease.TAKE_OVER, id);
      try {
        AtTheTerminal.Ended taken = ema("--run", run, "--deviation", "0.12");
        assertThat(taken.code()).as(taken.error()).isZero();
      } finally {
        System.clearProperty(Lease.TAKE_OVER);
      }
    }
    assertThat(place + "/_owner").satisfies(folder -> assertThat(Path.of(folder)).doesNotExist());
  }

  @Test
  void anotherOneIsDrawnWith() {
    AtTheTerminal.Ended ended = ema("--run", run, "--deviation", "0.15", "--images", "64");
    assertThat(ended.code()).as(ended.error()).isZero();
    assertThat(average(run + "/ema-0.15", "ema")).isNotEqualTo(average(run, "ema"));
    AtTheTerminal.Ended drawn =
        AtTheTerminal.run(
            "sample",
            "--checkpoint",
            run + "/ema-0.15",
            "--count",
            "2",
            "--output",
            folder + "/drawn");
    assertThat(drawn.code()).as(drawn.error()).isZero();
  }

  /** What an interrupted writer leaves. */
  @Test
  void aSnapshotThatIsNotWholeIsPassedOver() throws IOException {
    Path broken = Path.of(run, "averages", "step-000000000072");
    Files.createDirectory(broken);
    try {
      AtTheTerminal.Ended ended = ema("--run", run, "--deviation", "0.12");
      assertThat(ended.code()).as(ended.error()).isZero();
    } finally {
      Files.delete(broken);
    }
  }

  @Test
  void mistakesAreOneSentence() {
    mistake("--run: nowhere does not exist", "--run", "nowhere", "--deviation", "0.1");
    mistake(
        "--deviation: 0.5 (expected: above 0, below 0.2886)", "--run", run, "--deviation", "0.5");
    for (String[] wrong : new String[][] {{"81", "80"}, {"3", "16"}, {"70", "64"}}) {
      mistake(
          "--images: "
              + wrong[0]
              + " (expected: those of a whole snapshot, the nearest is "
              + wrong[1]
              + ")",
          "--run",
          run,
          "--deviation",
          "0.1",
          "--images",
          wrong[0]);
    }
    mistake(
        "has no snapshots of averages in averages",
        "--run",
        chain.diffusionRun(),
        "--deviation",
        "0.1");
  }

  private static void mistake(String sentence, String... arguments) {
    AtTheTerminal.Ended ended = ema(arguments);
    assertThat(ended.code()).as(ended.error()).isEqualTo(2);
    assertThat(ended.error()).contains(sentence);
    assertThat(ended.error().strip().lines()).hasSize(1);
  }
}
