package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the newest checkpoint's files, the older one is chosen. */
final class CheckpointDamageTest {

  @TempDir java.nio.file.Path folder;

  private CheckpointStore store;
  private java.nio.file.Path newest;

  @BeforeEach
  void writeTwo() throws IOException {
    store =
        new CheckpointStore(
            FileSystem.getLocal(new Configuration()), new Path(folder.toUri().getPath()));
    store.write(RandomTensors.content(1, 1));
    store.write(RandomTensors.content(2, 2));
    newest = folder.resolve("step-000000000002");
  }

  @Test
  void aFileCutAnywhereIsPassedOver() throws IOException {
    for (String name : newest.toFile().list()) {
      java.nio.file.Path file = newest.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int length : cuts(whole)) {
        Files.write(file, Arrays.copyOf(whole, length));
        assertChosen(1);
      }
      Files.write(file, Arrays.copyOf(whole, whole.length + 1));
      assertChosen(1);
      Files.write(file, whole);
      assertChosen(2);
    }
  }

  @Test
  void aFlippedBitAnywhereIsPassedOver() throws IOException {
    Random random = new Random(7);
    for (String name : newest.toFile().list()) {
      java.nio.file.Path file = newest.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      for (int i = 0; i < 100; i++) {
        byte[] changed = whole.clone();
        changed[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, changed);
        assertChosen(1);
      }
      Files.write(file, whole);
    }
  }

  @Test
  void aMissingFileIsPassedOver() throws IOException {
    for (String name : newest.toFile().list()) {
      java.nio.file.Path file = newest.resolve(name);
      java.nio.file.Path away = folder.resolve(name);
      Files.move(file, away);
      assertChosen(1);
      Files.move(away, file);
    }
    assertChosen(2);
  }

  @Test
  void filesOfAnotherCheckpointArePassedOver() throws IOException {
    for (String name : newest.toFile().list()) {
      if (!name.equals("empty.safetensors")) {
        byte[] whole = Files.readAllBytes(newest.resolve(name));
        byte[] other = Files.readAllBytes(folder.resolve("step-000000000001").resolve(name));
        Files.write(newest.resolve(name), other);
        if (!name.equals(CheckpointManifest.NAME)) {
          assertChosen(1);
        }
        Files.write(newest.resolve(name), whole);
      }
    }
  }

  @Test
  void aTemporaryDirectoryIsNeverReadHoweverComplete() throws IOException {
    Files.move(newest, folder.resolve("_tmp-step-000000000002-x"));
    assertChosen(1);
  }

  /** Every byte of the edges (lengths, header, data, tail), every 97th between. */
  private static Set<Integer> cuts(byte[] whole) {
    Set<Integer> cuts = new TreeSet<>();
    long header = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN).getLong();
    for (int i = 0; i < whole.length; i++) {
      boolean nearHeaderEnd = Math.abs(i - (8 + header)) < 12;
      if (i < 12 || nearHeaderEnd || i > whole.length - 40 || i % 97 == 0) {
        cuts.add(i);
      }
    }
    return cuts;
  }

  private void assertChosen(long imagesSeen) throws IOException {
    assertThat(store.newestComplete().orElseThrow().manifest().imagesSeen()).isEqualTo(imagesSeen);
  }
}
