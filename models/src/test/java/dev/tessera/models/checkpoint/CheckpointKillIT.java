package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A writing process is killed at any moment; what it had committed can be read. */
final class CheckpointKillIT {

  private static final int KILLS = 8;

  @TempDir java.nio.file.Path folder;

  @ParameterizedTest
  @EnumSource(Publication.class)
  void theNewestCommittedCheckpointSurvivesKills(Publication publication) throws Exception {
    Path root = new Path(folder.toUri().getPath());
    CheckpointStore store = new CheckpointStore(FileSystem.getLocal(new Configuration()), root);
    Random random = new Random(1);
    long next = 1;
    int caughtInTheMiddle = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      long committed = runAndKill(root, next, publication, random);
      Checkpoint newest = store.newestComplete().orElseThrow();
      long found = newest.manifest().imagesSeen();
      assertThat(found).isBetween(committed, committed + 1);
      assertHolds(newest, found);
      caughtInTheMiddle += leftovers(store, found) > 0 ? 1 : 0;
      next = found + 1;
    }
    assertThat(caughtInTheMiddle).as("kills in the middle of a write").isPositive();
  }

  /** The last images seen that the process said it had committed. */
  private static long runAndKill(Path root, long first, Publication publication, Random random)
      throws IOException, InterruptedException {
    String java =
        System.getProperty("java.home") + File.separator + "bin" + File.separator + "java";
    Process writer =
        new ProcessBuilder(
                java,
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EndlessWriter.class.getName(),
                root.toString(),
                Long.toString(first),
                publication.name())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader lines = writer.inputReader(StandardCharsets.UTF_8)) {
      long committed = Long.parseLong(lines.readLine());
      for (int more = random.nextInt(3); more > 0; more--) {
        committed = Long.parseLong(lines.readLine());
      }
      Thread.sleep(random.nextInt(90));
      // By the handle: SIGKILL as well, but what the process printed last stays readable.
      writer.toHandle().destroyForcibly();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        committed = Long.parseLong(line);
      }
      writer.waitFor();
      return committed;
    }
  }

  private static void assertHolds(Checkpoint checkpoint, long value) throws IOException {
    List<NamedTensor> targets =
        IntStream.range(0, EndlessWriter.FILES)
            .mapToObj(i -> EndlessWriter.tensor("t" + i, -1))
            .toList();
    checkpoint.restore(EndlessWriter.MODEL, targets);
    for (NamedTensor target : targets) {
      ByteBuffer expected = ByteBuffer.allocate(8).putLong(0, value);
      for (long at = 0; at < target.memory().bytes(); at += 8) {
        assertThat(target.memory().view(at, 8).equals(expected)).isTrue();
      }
    }
  }

  private long leftovers(CheckpointStore store, long newest) throws IOException {
    long halves =
        store.newestFirst().stream()
            .filter(path -> path.getName().compareTo(String.format("step-%012d", newest)) > 0)
            .count();
    String[] temporary = folder.toFile().list((parent, name) -> name.startsWith("_tmp-"));
    return halves + temporary.length;
  }
}
