package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreflightTest {

  @TempDir private Path folder;

  private SparkConf conf(String master) {
    return new SparkConf(false)
        .set("spark.master", master)
        .set("spark.local.dir", folder.toString());
  }

  @Test
  void aMasterThatNobodyStartedIsToldAtOnce() throws IOException {
    InetAddress here = InetAddress.getLoopbackAddress();
    try (ServerSocket socket = new ServerSocket(0, 1, here)) {
      String alive = here.getHostAddress() + ":" + socket.getLocalPort();
      int dead;
      try (ServerSocket other = new ServerSocket(0, 1, here)) {
        dead = other.getLocalPort();
      }
      String gone = here.getHostAddress() + ":" + dead;

      assertThatThrownBy(() -> Preflight.check(conf("spark://" + gone)))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("No Spark master answers at spark://" + gone)
          .hasMessageContaining("refused");
      // One of several that stand by for each other is enough.
      assertThatCode(() -> Preflight.check(conf("spark://" + gone + "," + alive)))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void aLocalFolderThatCannotBeWrittenIsNamedWithItsSetting() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    SparkConf conf = conf("local[1]").set("spark.local.dir", file + "/x");

    assertThatThrownBy(() -> Preflight.check(conf))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Spark cannot write to its local folder " + file + "/x")
        .hasMessageContaining("set spark.local.dir");
    assertThatCode(() -> Preflight.check(conf.set("spark.local.dir", file + "/x," + folder)))
        .doesNotThrowAnyException();
    assertThat(folder.toFile().list()).containsExactly("file");
  }

  @ParameterizedTest
  @CsvSource({
    "s3://b/x, write s3a:// instead",
    "gs://b/x, gcs-connector",
    "abfss://c@a.dfs.core.windows.net/x, org.apache.hadoop:hadoop-azure:",
    "ftb://h/x, 'file:, hdfs: and s3a: are'"
  })
  void aFileSystemThatIsNotThereIsToldWithWhatBringsIt(String path, String way) {
    assertThatThrownBy(() -> QualifiedPath.of(new Configuration(), path))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(way);
  }

  @Test
  void hadoopsOwnWordsForAMissingClassAreUnderstood() {
    Throwable thrown =
        new RuntimeException(
            new ClassNotFoundException("Class org.apache.hadoop.fs.s3a.S3AFileSystem not found"));

    assertThat(MissingConnector.in(thrown))
        .get()
        .asString()
        .contains("--packages org.apache.hadoop:hadoop-aws:3.");
    assertThat(MissingConnector.in(new IOException("connection reset"))).isEmpty();
  }

  @Test
  void whatTheOperatingSystemHasNoMoreOfIsToldInOneSentence() {
    String spark =
        "Job aborted due to stage failure\n  java.io.IOException: /data/x.parquet: No space left on"
            + " device\n  at line";

    assertThat(Exhaustion.sentence(new IllegalStateException(spark)))
        .get()
        .asString()
        .contains("the disk is full (/data/x.parquet)", "spark.local.dir")
        .doesNotContain("\n");
    assertThat(Exhaustion.sentence(new IOException("x: Too many open files")))
        .get()
        .asString()
        .contains("ulimit -n");
    assertThat(Exhaustion.sentence(new IOException("connection reset"))).isEmpty();
  }
}
