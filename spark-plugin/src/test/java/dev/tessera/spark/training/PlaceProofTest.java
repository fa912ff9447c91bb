package dev.tessera.spark.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import dev.tessera.spark.table.SharedFile;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceProofTest {

  private final Configuration conf = new Configuration();
  @TempDir private java.nio.file.Path run;

  @Test
  void theDriverFindsAndRemovesWhatRankZeroWrote() throws Exception {
    java.nio.file.Path file = Files.writeString(run.resolve(".rank-0-x"), "");
    PlaceProof.ofDriver(new TrainingMessage.Placed(file.toUri().toString(), "host-b"), conf);
    assertThat(file).doesNotExist();
  }

  @Test
  void aRunOnAnExecutorsOwnDiskIsRefusedWithBothHosts() {
    String there = run.resolve(".rank-0-x").toUri().toString();
    assertThatThrownBy(() -> PlaceProof.ofDriver(new TrainingMessage.Placed(there, "host-b"), conf))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("The driver on " + SharedFile.host())
        .hasMessageContaining("rank 0 on host-b")
        .hasMessageContaining("set output.runs");
  }
}
