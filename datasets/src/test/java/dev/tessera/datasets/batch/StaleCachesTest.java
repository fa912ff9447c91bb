package dev.tessera.datasets.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StaleCachesTest {

  private static final String OLD = "0".repeat(32);
  private static final String NEW = "1".repeat(32);

  @TempDir private Path root;

  private Path shard(String fingerprint, String name) throws IOException {
    Path shard = Files.createDirectories(root.resolve(fingerprint).resolve(name));
    Files.writeString(shard.resolve("segment-0000.arrow"), "rows");
    return shard;
  }

  private static void age(Path path, int days) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(Instant.now().minus(Duration.ofDays(days))));
  }

  @Test
  void cachesOutliveTheCommandsOwnFolder() {
    String run = "/tmp/tessera-me/run-7-8";

    assertThat(CacheSettings.shared(Path.of(run, "tmp"), run)).isEqualTo(Path.of("/tmp"));
    assertThat(CacheSettings.shared(Path.of("/mine"), run)).isEqualTo(Path.of("/mine"));
    assertThat(CacheSettings.shared(Path.of("/mine"), null)).isEqualTo(Path.of("/mine"));
  }

  @Test
  void anEarlierContentOfTheSameTableIsRemoved() throws Exception {
    StaleCaches.use(root, OLD, "file:/t", "first");
    shard(OLD, "shard-00000-of-00001");

    StaleCaches.use(root, NEW, "file:/t", "second");

    assertThat(root.resolve(OLD)).doesNotExist();
    assertThat(root.resolve(NEW)).exists();
  }

  @Test
  void otherTablesAndOtherDivisionsOfTheSameContentStay() throws Exception {
    StaleCaches.use(root, OLD, "file:/other", "first");
    StaleCaches.use(root, "2".repeat(32), "file:/t", "second");
    Path foreign = Files.createDirectories(root.resolve("not-ours"));

    StaleCaches.use(root, NEW, "file:/t", "second");

    assertThat(root.resolve(OLD)).exists();
    assertThat(root.resolve("2".repeat(32))).exists();
    assertThat(foreign).exists();
  }

  @Test
  void whatNobodyOpenedForAMonthIsRemoved() throws Exception {
    StaleCaches.use(root, OLD, "file:/other", "first");
    age(root.resolve(OLD).resolve("table.txt"), 29);
    StaleCaches.use(root, NEW, "file:/t", "second");
    assertThat(root.resolve(OLD)).exists();

    age(root.resolve(OLD).resolve("table.txt"), 31);
    StaleCaches.use(root, NEW, "file:/t", "second");
    assertThat(root.resolve(OLD)).doesNotExist();
  }

  @Test
  void foldersOfKilledWritersAreRemovedAndThoseOfLivingOnesStay() throws Exception {
    Process killed = new ProcessBuilder("sleep", "60").start();
    String mine = StagingName.of("shard-00000-of-00001");
    String theirs =
        mine.replace("~" + ProcessHandle.current().pid() + "~", "~" + killed.pid() + "~");
    Path living = shard(NEW, mine);
    Path orphan = shard(NEW, theirs);
    StaleCaches.use(root, NEW, "file:/t", "second");
    assertThat(orphan).exists();

    killed.destroyForcibly().waitFor();
    StaleCaches.use(root, NEW, "file:/t", "second");

    assertThat(orphan).doesNotExist();
    assertThat(living).exists();
  }

  @Test
  void aCacheThatIsBeingWrittenStaysWhateverItHolds() throws Exception {
    StaleCaches.use(root, OLD, "file:/t", "first");
    shard(OLD, StagingName.of("shard-00000-of-00001"));

    StaleCaches.use(root, NEW, "file:/t", "second");

    assertThat(root.resolve(OLD)).exists();
  }
}
