package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.FaultyFileSystem;
import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.batch.BatchReader;
import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.datasets.batch.Column;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What passes is thrown as what it is, and only what lasts as the user's mistake. */
class TransientFailureTest {

  private static final Configuration CONF = FaultyFileSystem.configuration();

  @TempDir private Path dir;

  @AfterEach
  void repair() {
    FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    assertThat(FaultyFileSystem.openStreams()).isZero();
  }

  @Test
  void aLostConnectionIsNoMistakeOfTheUsers() throws Exception {
    TestTables.images(dir + "/t", 12, 2, 8);
    for (String file : List.of("_manifest.json", "train-00000-of-00002.parquet")) {
      FaultyFileSystem.failBy(
          (operation, path) -> {
            if (path.getName().equals(file)) {
              throw new ConnectException("Connection refused");
            }
          });
      assertThatThrownBy(this::fill)
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining(file.equals("_manifest.json") ? "/t" : file)
          .hasMessageContaining("Connection refused");
    }
    FaultyFileSystem.failBy(FaultyFileSystem.NONE);
    assertThat(fill().order()).isNotNull();
  }

  @Test
  void aReadThatFailsOnceIsNoDamage() throws Exception {
    TestTables.images(dir + "/t", 12, 2, 8);
    AtomicInteger opened = new AtomicInteger();
    FaultyFileSystem.failBy(
        (operation, path) -> {
          if (path.getName().endsWith(".parquet") && opened.getAndIncrement() == 0) {
            throw new IOException("could not obtain block");
          }
        });
    assertThatThrownBy(this::fill)
        .isInstanceOf(UncheckedIOException.class)
        .hasMessageContaining("could not obtain block");
    assertThat(fill().order()).isNotNull();
  }

  @Test
  void whatLastsIsTheUsers() throws Exception {
    TestTables.images(dir + "/t", 12, 2, 8);
    for (IOException lasting :
        List.of(
            new FileNotFoundException("gone"),
            new AccessControlException("Permission denied: user=nobody"))) {
      FaultyFileSystem.failBy(
          (operation, path) -> {
            if (path.getName().endsWith(".parquet")) {
              throw lasting;
            }
          });
      assertThatThrownBy(this::fill)
          .isInstanceOf(InvalidDatasetException.class)
          .hasMessageContaining("train-00000-of-00002.parquet")
          .hasMessageContaining(lasting.getMessage());
    }
  }

  @Test
  void damageIsTheUsersWhateverExceptionItLooksLike() throws Exception {
    TableManifest manifest = TestTables.images(dir + "/t", 12, 2, 8);
    Path file = dir.resolve("t").resolve(manifest.files().get(0).path());
    byte[] whole = Files.readAllBytes(file);
    for (int at = 4; at < whole.length; at += whole.length / 15) {
      byte[] damaged = whole.clone();
      for (int i = at; i < Math.min(whole.length, at + 40); i++) {
        damaged[i] ^= 0x5a;
      }
      Files.write(file, damaged);
      try {
        fill();
      } catch (RuntimeException e) {
        assertThat(e).as("damage at %d", at).isInstanceOf(InvalidDatasetException.class);
      }
    }
  }

  private BatchReader fill() throws IOException {
    Path cache = Files.createTempDirectory(dir, "cache");
    return BatchReader.open(
        CONF,
        "faulty://" + dir + "/t",
        Subset.TRAIN,
        List.of(Column.PIXELS),
        List.of(0),
        1,
        1,
        CacheSettings.in(cache));
  }
}
