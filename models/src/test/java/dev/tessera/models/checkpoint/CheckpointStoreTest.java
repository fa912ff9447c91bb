package dev.tessera.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.models.UserException;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CheckpointStoreTest {

  @TempDir java.nio.file.Path folder;

  private LocalFileSystem local;
  private CheckpointStore store;

  @BeforeEach
  void openStore() throws IOException {
    local = FileSystem.getLocal(new Configuration());
    store = new CheckpointStore(local, root());
  }

  @Test
  void whatWasWrittenComesBackOnAnyFileSystem() throws IOException {
    FileSystem other = new FilterFileSystem(local.getRawFileSystem());
    List<CheckpointStore> stores =
        List.of(
            store,
            new CheckpointStore(other, root(), Publication.RENAME),
            new CheckpointStore(other, root(), Publication.MANIFEST_LAST),
            new CheckpointStore(local, root(), Publication.MANIFEST_LAST));
    long imagesSeen = 0;
    for (CheckpointStore writer : stores) {
      CheckpointContent content = RandomTensors.content(imagesSeen += 128, imagesSeen);
      Path path = writer.write(content);
      assertThat(path.getName()).isEqualTo(String.format("step-%012d", imagesSeen));
      for (CheckpointStore reader : stores) {
        assertHolds(reader.newestComplete().orElseThrow(), content);
      }
    }
    assertThat(folder.toFile().list()).hasSize(4);
  }

  @Test
  void countersOfOlderVersionsAreRead() {
    CheckpointContent content = RandomTensors.content(128, 1);
    CheckpointManifest now =
        new CheckpointManifest(
            128, 16, 1, content.model(), Map.of("images", 128L, "step", 16L), List.of());
    assertThat(ManifestFormat.parse("now", ManifestFormat.toBytes(now))).isEqualTo(now);
    assertThat(
            ManifestFormat.parse("old", rewritten(now, "\"images\" : 128", "\"images\" : 128.0")))
        .isEqualTo(now);
    assertThatThrownBy(
            () ->
                ManifestFormat.parse(
                    "odd", rewritten(now, "\"images\" : 128", "\"images\" : 128.5")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("odd")
        .hasMessageContaining("images is 128.5 (expected: a whole number)");
  }

  /** The manifest with another text and the checksum of that. */
  private static byte[] rewritten(CheckpointManifest manifest, String text, String other) {
    String json = new String(ManifestFormat.toBytes(manifest), StandardCharsets.UTF_8);
    String tail = ",\n  \"crc32c\" : \"";
    String body = json.substring(0, json.indexOf(tail)).replace(text, other);
    CRC32C sum = new CRC32C();
    sum.update(body.getBytes(StandardCharsets.UTF_8));
    return (body + tail + String.format("%08x", sum.getValue()) + "\"\n}\n")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static void assertHolds(Checkpoint checkpoint, CheckpointContent content)
      throws IOException {
    CheckpointManifest manifest = checkpoint.manifest();
    assertThat(manifest.imagesSeen()).isEqualTo(content.imagesSeen());
    assertThat(manifest.step()).isEqualTo(content.step());
    assertThat(manifest.attempt()).isEqualTo(content.attempt());
    assertThat(manifest.model()).isEqualTo(content.model());
    assertThat(manifest.counters()).isEqualTo(content.counters());
    List<NamedTensor> expected = RandomTensors.all(content);
    List<NamedTensor> targets = RandomTensors.blank(expected);
    checkpoint.restore(content.model(), targets);
    for (int i = 0; i < targets.size(); i++) {
      assertThat(RandomTensors.bytes(targets.get(i)))
          .isEqualTo(RandomTensors.bytes(expected.get(i)));
    }
  }

  @Test
  void someTensorsCanBeReadAlone() throws IOException {
    CheckpointContent content = RandomTensors.content(8, 1);
    Checkpoint checkpoint = store.open(store.write(content));
    NamedTensor one = content.files().get(2).tensors().get(1);
    List<NamedTensor> target = RandomTensors.blank(List.of(one));
    checkpoint.read(target);
    assertThat(RandomTensors.bytes(target.get(0))).isEqualTo(RandomTensors.bytes(one));
  }

  @Test
  void anEmptyOrMissingRootHasNoCheckpoint() throws IOException {
    assertThat(store.newestComplete()).isEmpty();
    Path absent = new Path(root(), "absent");
    assertThat(new CheckpointStore(local, absent).newestComplete()).isEmpty();
    assertThatThrownBy(() -> store.open(absent))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("absent/manifest.json: there is no such file");
  }

  @Test
  void writingTheSameImagesSeenReplaces() throws IOException {
    store.write(RandomTensors.content(8, 1));
    CheckpointContent second = RandomTensors.content(8, 2);
    store.write(second);
    assertHolds(store.newestComplete().orElseThrow(), second);
    assertThat(folder.toFile().list()).containsExactly("step-000000000008");
  }

  @Test
  void keepLastKeepsTheNewestCompleteAndClearsLeftovers() throws IOException {
    for (int i = 1; i <= 5; i++) {
      store.write(RandomTensors.content(i, i));
    }
    Files.delete(folder.resolve("step-000000000005/manifest.json"));
    Files.createDirectories(folder.resolve("_tmp-step-000000000006-x"));
    Files.createDirectories(folder.resolve("notes"));
    store.keepLast(2);
    assertThat(folder.toFile().list())
        .containsExactlyInAnyOrder(
            "notes", "step-000000000003", "step-000000000004", "step-000000000005");
    assertThat(store.newestComplete().orElseThrow().manifest().imagesSeen()).isEqualTo(4);
  }

  @Test
  void aStoreOutOfReachCostsNoStepsAndIsNoMistakeOfTheUsers() throws IOException {
    store.write(RandomTensors.content(1, 1));
    Path newest = store.write(RandomTensors.content(2, 2));
    CheckpointStore away = new CheckpointStore(new Away(newest), root());
    assertThatThrownBy(away::newestComplete).isInstanceOf(ConnectException.class);
    assertThatThrownBy(() -> away.write(RandomTensors.content(3, 3)))
        .isInstanceOf(ConnectException.class);
    assertThat(store.newestComplete().orElseThrow().manifest().imagesSeen()).isEqualTo(2);
  }

  /** Connections to one checkpoint are refused, and so are all new directories. */
  private final class Away extends FilterFileSystem {

    private final Path lost;

    Away(Path lost) {
      super(local.getRawFileSystem());
      this.lost = lost;
    }

    @Override
    public FSDataInputStream open(Path path, int buffer) throws IOException {
      if (path.getParent().getName().equals(lost.getName())) {
        throw new ConnectException("Connection refused");
      }
      return super.open(path, buffer);
    }

    @Override
    public boolean mkdirs(Path path) throws IOException {
      throw new ConnectException("Connection refused");
    }
  }

  @Test
  void aWriteThatFailsLeavesNothing() throws IOException {
    store.write(RandomTensors.content(1, 1));
    TensorMemory failing =
        new TensorMemory() {
          @Override
          public long bytes() {
            return 1;
          }

          @Override
          public ByteBuffer view(long offset, int length) {
            throw new IllegalStateException("device lost");
          }
        };
    CheckpointContent content = RandomTensors.content(2, 2);
    List<TensorFile> files = new ArrayList<>(content.files());
    files.add(
        new TensorFile(
            "state.safetensors",
            List.of(new NamedTensor(TensorSpec.of("state", DType.U8), failing))));
    CheckpointContent bad = new CheckpointContent(2, 2, 0, content.model(), Map.of(), files);
    assertThatThrownBy(() -> store.write(bad)).hasMessage("device lost");
    assertThat(folder.toFile().list()).containsExactly("step-000000000001");
  }

  @Test
  void aCheckpointOfAnotherArchitectureIsRefusedNamingTheFirstDifference() throws IOException {
    ModelIdentity model = new ModelIdentity("f1", "model:\n  heads: 4\n");
    NamedTensor weight = NamedTensor.of("generator/w", DType.F32, ByteBuffer.allocate(24), 2, 3);
    NamedTensor bias = NamedTensor.of("generator/b", DType.F32, ByteBuffer.allocate(8), 2);
    Checkpoint checkpoint =
        store.open(
            store.write(
                new CheckpointContent(
                    1,
                    1,
                    0,
                    model,
                    Map.of(),
                    List.of(new TensorFile("p.safetensors", List.of(weight, bias))))));
    NamedTensor wider = NamedTensor.of("generator/w", DType.F32, ByteBuffer.allocate(32), 2, 4);
    assertRefused(
        checkpoint,
        model,
        List.of(wider, bias),
        "tensor 'generator/w' is F32 [2, 4] in the model and F32 [2, 3] there");
    assertRefused(
        checkpoint,
        model,
        List.of(weight),
        "tensor 'generator/b' is F32 [2] there and absent from the model");
    NamedTensor extra = NamedTensor.of("generator/c", DType.F32, ByteBuffer.allocate(8), 2);
    assertRefused(
        checkpoint,
        model,
        List.of(weight, bias, extra),
        "tensor 'generator/c' is F32 [2] in the model and absent there");
    assertRefused(
        checkpoint,
        new ModelIdentity("f2", "model:\n  heads: 8\n"),
        List.of(weight, bias),
        "the recipe first differs at 'heads: 8', there 'heads: 4'");
    checkpoint.restore(new ModelIdentity("f1", "other: words\n"), List.of(weight, bias));
  }

  @Test
  void aRootThatCannotBeWrittenIsRefusedInOneSentence() throws IOException {
    Files.writeString(folder.resolve("file"), "");
    CheckpointStore under = new CheckpointStore(local, new Path(root(), "file/checkpoints"));
    assertThatThrownBy(() -> under.write(RandomTensors.content(1, 1)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("Cannot write checkpoints under")
        .hasMessageContaining("file/checkpoints");
  }

  @Test
  void objectStoresCommitByTheManifest() {
    assertThat(Publication.of("s3a")).isEqualTo(Publication.MANIFEST_LAST);
    assertThat(Publication.of("hdfs")).isEqualTo(Publication.RENAME);
    assertThat(Publication.of("file")).isEqualTo(Publication.RENAME);
  }

  private static void assertRefused(
      Checkpoint checkpoint, ModelIdentity model, List<NamedTensor> targets, String difference) {
    assertThatThrownBy(() -> checkpoint.restore(model, targets))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(checkpoint.path().toString())
        .hasMessageContaining(difference);
  }

  private Path root() {
    return new Path(folder.toUri().getPath());
  }
}
