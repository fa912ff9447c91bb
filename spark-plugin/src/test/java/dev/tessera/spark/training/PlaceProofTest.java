package dev.tessera.spark.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.table.SharedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceProofTest {

  private final Configuration conf = new Configuration();
  @TempDir private java.nio.file.Path run;

  @BeforeEach
  void own() throws IOException {
    Files.writeString(Files.createDirectories(run.resolve("_owner")).resolve("a.json"), "");
  }

  private TrainingPlan plan() {
    return new TrainingPlan(
        null,
        null,
        List.of(),
        run.resolve("_owner/a.json").toString(),
        "table",
        run.resolve("checkpoints").toString(),
        1,
        null,
        "",
        null);
  }

  /** Another owns the run since: its rank 0 has written a file that its driver looks for. */
  @Test
  void aDriverThatHasLostItsRunRemovesNothing() throws Exception {
    java.nio.file.Path file = Files.writeString(run.resolve(".rank-0-x"), "");
    Files.delete(run.resolve("_owner/a.json"));
    PlaceProof.clear(plan(), conf);
    assertThat(file).exists();
    own();
    PlaceProof.clear(plan(), conf);
    assertThat(file).doesNotExist();
  }

  @Test
  void theDriverFindsAndRemovesWhatRankZeroWrote() throws Exception {
    java.nio.file.Path file = Files.writeString(run.resolve(".rank-0-x"), "");
    PlaceProof.ofDriver(
        plan(), new TrainingMessage.Placed(file.toUri().toString(), "host-b"), conf);
    assertThat(file).doesNotExist();
  }

  @Test
  void whatEarlierAttemptsLeftGoesToo() throws Exception {
    Files.writeString(run.resolve(".rank-0-dead"), "");
    Files.writeString(run.resolve("command.txt"), "");
    java.nio.file.Path file = Files.writeString(run.resolve(".rank-0-x"), "");
    PlaceProof.ofDriver(
        plan(), new TrainingMessage.Placed(file.toUri().toString(), "host-b"), conf);
    assertThat(run.toFile().list()).containsExactlyInAnyOrder("command.txt", "_owner");
  }

  /** A store that answers the third time. */
  @Test
  void aStoreThatFailsForAMomentIsAskedAgain() throws Exception {
    java.nio.file.Path file = Files.writeString(run.resolve(".rank-0-x"), "");
    conf.setClass("fs.failing.impl", FailingStore.class, FileSystem.class);
    FailingStore.failures.set(2);
    PlaceProof.ofDriver(plan(), new TrainingMessage.Placed("failing:" + file, "host-b"), conf);
    assertThat(file).doesNotExist();
    assertThat(FailingStore.failures.get()).isNegative();

    FailingStore.failures.set(100);
    assertThatThrownBy(
            () ->
                PlaceProof.ofDriver(
                    plan(), new TrainingMessage.Placed("failing:" + file, "b"), conf))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("Cannot look for failing:");
  }

  /** Local files of which nothing is known a number of times. */
  public static final class FailingStore extends RawLocalFileSystem {
    private static final AtomicInteger failures = new AtomicInteger();

    @Override
    public URI getUri() {
      return URI.create("failing:///");
    }

    @Override
    public boolean exists(Path path) throws IOException {
      if (failures.getAndDecrement() > 0) {
        throw new IOException("503 slow down");
      }
      return super.exists(path);
    }
  }

  @Test
  void aRunOnAnExecutorsOwnDiskIsRefusedWithBothHosts() {
    String there = run.resolve(".rank-0-x").toUri().toString();
    assertThatThrownBy(
            () -> PlaceProof.ofDriver(plan(), new TrainingMessage.Placed(there, "host-b"), conf))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("The driver on " + SharedFile.host())
        .hasMessageContaining("rank 0 on host-b")
        .hasMessageContaining("set output.runs");
  }
}
