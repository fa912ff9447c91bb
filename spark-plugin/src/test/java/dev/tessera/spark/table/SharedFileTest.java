package dev.tessera.spark.table;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.nio.file.Files;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedFileTest {

  @TempDir private java.nio.file.Path dir;

  @Test
  void whatAnExecutorSeesMustBeWhatTheDriverSees() throws Exception {
    Configuration conf = new Configuration();
    java.nio.file.Path file = Files.writeString(dir.resolve("manifest.json"), "one");
    SharedFile shared = SharedFile.of(conf, new Path(file.toUri()));
    shared.require(conf, "rank 1");

    Files.delete(file);
    assertThatThrownBy(() -> shared.require(conf, "rank 1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("rank 1 on " + SharedFile.host() + " does not see " + shared.path())
        .hasMessageContaining("hdfs:, s3a:");

    Files.writeString(file, "two");
    assertThatThrownBy(() -> shared.require(conf, "rank 1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("sees another " + shared.path() + " than the driver");
  }
}
