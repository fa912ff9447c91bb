package dev.tessera.datasets.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnedFileTest {

  private final Configuration conf = new Configuration();
  @TempDir private java.nio.file.Path dir;

  private Path target() {
    return new Path(dir.resolve("model.pt").toUri());
  }

  private java.nio.file.Path workplace() {
    return java.nio.file.Path.of(OwnedFile.workplace(target()).toUri().getPath());
  }

  @Test
  void itAppearsWholeAndAlone() throws Exception {
    OwnedFile.write(
        conf,
        target(),
        "a model",
        out -> {
          out.write(7);
          assertThat(dir.resolve("model.pt")).doesNotExist();
        });
    assertThat(dir.resolve("model.pt")).hasBinaryContent(new byte[] {7});
    assertThat(dir.toFile().list()).containsExactly("model.pt");
  }

  @Test
  void aSecondWriterIsRefusedWhileTheFirstIsAtIt() throws Exception {
    OwnedFile.write(
        conf,
        target(),
        "a model",
        out -> {
          assertThatThrownBy(() -> OwnedFile.write(conf, target(), "a model", second -> {}))
              .isInstanceOf(InvalidDatasetException.class)
              .hasMessageContaining("is being written by process ")
              .hasMessageContaining("(a model)");
          out.write(7);
        });
    assertThat(dir.resolve("model.pt")).hasBinaryContent(new byte[] {7});
    assertThatThrownBy(() -> OwnedFile.write(conf, target(), "a model", out -> out.write(8)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("exists");
    assertThat(dir.resolve("model.pt")).hasBinaryContent(new byte[] {7});
  }

  @Test
  void aFailureLeavesNothingAndWhatAKilledWriterLeftIsRemoved() throws Exception {
    assertThatThrownBy(
            () ->
                OwnedFile.write(
                    conf,
                    target(),
                    "a model",
                    out -> {
                      throw new IOException("no room");
                    }))
        .hasMessage("no room");
    assertThat(dir).isEmptyDirectory();
    Files.createDirectories(workplace());
    Files.writeString(workplace().resolve("content-0123456789ab"), "half of it");
    OwnedFile.write(conf, target(), "a model", out -> out.write(9));
    assertThat(dir.resolve("model.pt")).hasBinaryContent(new byte[] {9});
    assertThat(workplace()).doesNotExist();
  }

  /** It was stopped past its lease, and goes on while the next is at it. */
  @Test
  void aWriterThatHasLostItsPlaceLeavesTheNextOnesFileAlone() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goesOn = new CountDownLatch(1);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> stale =
          thread.submit(
              () -> {
                OwnedFile.write(
                    conf,
                    target(),
                    "a model",
                    out -> {
                      out.write(1);
                      begun.countDown();
                      await(goesOn);
                      out.write(1);
                    });
                return null;
              });
      await(begun);
      try (DirectoryStream<java.nio.file.Path> claims =
          Files.newDirectoryStream(workplace().resolve(Lease.FOLDER))) {
        for (java.nio.file.Path claim : claims) {
          Files.delete(claim);
        }
      }
      OwnedFile.write(
          conf,
          target(),
          "a model",
          out -> {
            out.write(2);
            goesOn.countDown();
            assertThatThrownBy(() -> stale.get(30, TimeUnit.SECONDS))
                .hasMessageContaining("is not this process's any more");
            out.write(2);
          });
    } finally {
      thread.shutdownNow();
    }
    assertThat(dir.resolve("model.pt")).hasBinaryContent(new byte[] {2, 2});
    assertThat(workplace()).doesNotExist();
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }
}
