package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.batch.BatchReader;
import dev.tessera.datasets.batch.CacheSettings;
import dev.tessera.datasets.batch.Column;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.models.checkpoint.Checkpoint;
import dev.tessera.models.checkpoint.CheckpointContent;
import dev.tessera.models.checkpoint.CheckpointStore;
import dev.tessera.models.checkpoint.DType;
import dev.tessera.models.checkpoint.ModelIdentity;
import dev.tessera.models.checkpoint.NamedTensor;
import dev.tessera.models.checkpoint.TensorFile;
import dev.tessera.spark.inference.StoredWeights;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Raw pictures, tables and checkpoints on HDFS: a name node and a data node in this process. */
class HdfsIT {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark();

  private static final int SIZE = 16;

  @TempDir private static java.nio.file.Path dir;

  private static MiniDFSCluster cluster;
  private static Configuration conf;
  private static DistributedFileSystem hdfs;

  @BeforeAll
  static void start() throws IOException {
    cluster =
        new MiniDFSCluster.Builder(new Configuration(), dir.resolve("hdfs").toFile())
            .numDataNodes(1)
            .build();
    cluster.waitActive();
    hdfs = cluster.getFileSystem();
    conf = SPARK.session().sparkContext().hadoopConfiguration();
  }

  @AfterAll
  static void stop() throws IOException {
    FileSystem.closeAll();
    if (cluster != null) {
      cluster.shutdown();
    }
  }

  @Test
  void ingestsReplacesAndReadsBack() throws Exception {
    for (int i = 0; i < 12; i++) {
      byte[] picture = PictureFiles.encode(20 + i, 30, i, i % 2 == 0 ? "png" : "jpg");
      write("/in/" + (i % 3) + "/" + i + (i % 2 == 0 ? ".png" : ".jpg"), picture);
    }
    write("/in/bad.png", new byte[] {1, 2, 3});
    IngestSummary first = IngestJob.run(SPARK.session(), recipe("/in", false));
    assertThat(first.written()).isEqualTo(12);
    assertThat(first.quarantined()).isEqualTo(1);
    assertThat(names("/out"))
        .containsExactly(
            ".huggingface.yaml", "_manifest.json", "_quarantine", "split=heldout", "split=train");
    assertThatThrownBy(() -> IngestJob.run(SPARK.session(), recipe("/in", false)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("exists already");

    write("/zips/a.zip", zip(0, 5));
    write("/zips/b.zip", zip(5, 9));
    IngestSummary second = IngestJob.run(SPARK.session(), recipe("/zips/*.zip", true));
    assertThat(second.written()).isEqualTo(9);
    assertThat(names("/out"))
        .containsExactly(".huggingface.yaml", "_manifest.json", "split=heldout", "split=train");
    assertThat(ManifestFile.read(conf, uri("/out"))).isEqualTo(second.manifest());
    assertThat(pixels(second.manifest())).hasSize((int) second.manifest().rows(Subset.TRAIN));
  }

  @Test
  void checkpointsAreWrittenReplacedAndRestored() throws Exception {
    CheckpointStore store = new CheckpointStore(hdfs, new Path(uri("/run/checkpoints")));
    store.write(content(1, 1));
    store.write(content(2, 2));
    store.write(content(2, 3));
    assertThat(names("/run/checkpoints")).containsExactly("step-000000000001", "step-000000000002");
    Checkpoint newest = StoredWeights.checkpoint(conf, uri("/run"));
    assertThat(newest.manifest().imagesSeen()).isEqualTo(2);
    assertThat(newest.manifest().step()).isEqualTo(3);
    ByteBuffer restored = ByteBuffer.allocateDirect(4 * 1000);
    newest.restore(new ModelIdentity("f1", "a: 1\n"), List.of(tensor(restored)));
    for (int i = 0; i < 1000; i++) {
      assertThat(restored.get(4 * i)).isEqualTo((byte) (3 * i));
    }
    write("/run/checkpoints/step-000000000002/p.safetensors", new byte[100]);
    assertThat(StoredWeights.checkpoint(conf, uri("/run")).manifest().imagesSeen()).isEqualTo(1);
    store.keepLast(1);
    assertThat(store.newestComplete().orElseThrow().manifest().imagesSeen()).isEqualTo(1);
  }

  private static CheckpointContent content(long imagesSeen, int step) {
    ByteBuffer values = ByteBuffer.allocateDirect(4 * 1000);
    for (int i = 0; i < 1000; i++) {
      values.put(4 * i, (byte) (step * i));
    }
    return new CheckpointContent(
        imagesSeen,
        step,
        0,
        new ModelIdentity("f1", "a: 1\n"),
        Map.of(),
        List.of(new TensorFile("p.safetensors", List.of(tensor(values)))));
  }

  private static NamedTensor tensor(ByteBuffer values) {
    return NamedTensor.of("p/w", DType.F32, values, 10, 100);
  }

  private static List<Long> pixels(TableManifest manifest) throws IOException {
    BatchReader reader =
        BatchReader.open(
            conf,
            uri("/out"),
            Subset.TRAIN,
            List.of(Column.PIXELS, Column.ID),
            List.of(0),
            1,
            7,
            CacheSettings.in(dir.resolve("cache")));
    int rows = (int) manifest.rows(Subset.TRAIN);
    ByteBuffer images = ByteBuffer.allocate(rows * 3 * SIZE * SIZE);
    ByteBuffer ids = ByteBuffer.allocate(rows * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    reader.fill(0, 0, rows, Map.of(Column.PIXELS, images, Column.ID, ids));
    assertThat(images.hasRemaining()).isFalse();
    ids.flip();
    return Stream.generate(ids::getLong).limit(rows).distinct().toList();
  }

  private static byte[] zip(int from, int to) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (int i = from; i < to; i++) {
        zip.putNextEntry(new ZipEntry("x/" + i + ".png"));
        zip.write(PictureFiles.encode(20, 20, i, "png"));
      }
    }
    return bytes.toByteArray();
  }

  private static void write(String path, byte[] bytes) throws IOException {
    try (OutputStream out = hdfs.create(new Path(path))) {
      out.write(bytes);
    }
  }

  private static List<String> names(String folder) throws IOException {
    FileStatus[] entries = hdfs.listStatus(new Path(folder));
    return Arrays.stream(entries).map(entry -> entry.getPath().getName()).sorted().toList();
  }

  private static IngestRecipe recipe(String input, boolean overwrite) {
    return RecipeReader.override(
        IngestRecipe.of(uri(input), uri("/out")),
        List.of("size=" + SIZE, "heldout=0.25", "partitions=3", "overwrite=" + overwrite));
  }

  private static String uri(String path) {
    return hdfs.getUri() + path;
  }
}
