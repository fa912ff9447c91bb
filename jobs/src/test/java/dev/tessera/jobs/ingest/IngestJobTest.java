package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableOutput;
import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.models.UserException;
import dev.tessera.spark.table.TableFrames;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

class IngestJobTest {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark();

  @TempDir private Path dir;

  @Test
  void readsNestedFoldersWithAClassPerFolder() throws Exception {
    writeFolder("in");
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe("in", 16, true, 3));
    assertThat(summary.manifest().classNames()).containsExactly("cat", "dog");
    List<Row> rows = rows();
    assertThat(rows).hasSize(20);
    for (Row row : rows) {
      String path = row.getStruct(row.fieldIndex("image")).getString(1);
      Integer expected = path.startsWith("cat/") ? (Integer) 0 : path.startsWith("dog/") ? 1 : null;
      assertThat(row.<Integer>getAs("label")).as(path).isEqualTo(expected);
      assertThat(row.<Integer>getAs("width")).isEqualTo(16);
      byte[] png = (byte[]) row.getStruct(row.fieldIndex("image")).get(0);
      assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(16);
    }
  }

  @Test
  void readsZips() throws Exception {
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(dir.resolve("in.zip")))) {
      zip.setComment("a comment after the directory");
      for (int i = 0; i < 12; i++) {
        zip.putNextEntry(new ZipEntry("%s/deep/%02d.png".formatted(i % 3 == 0 ? "a" : "b", i)));
        zip.write(PictureFiles.encode(10, 10, i, "png"));
      }
      zip.putNextEntry(new ZipEntry("readme.txt"));
      zip.write(new byte[] {'h', 'i'});
    }
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe("in.zip", 16, true, 4));
    assertThat(summary.written()).isEqualTo(12);
    assertThat(summary.quarantined()).isEqualTo(1);
    assertThat(summary.reasons()).containsKey("text, no image");
    assertThat(summary.manifest().classNames()).containsExactly("a", "b");
    assertThat(TableFrames.quarantine(SPARK.session(), path("out")).first().getString(0))
        .isEqualTo("readme.txt");
  }

  @Test
  void aTruncatedZipIsOneSentence() throws Exception {
    Files.write(dir.resolve("in.zip"), new byte[500]);
    assertRefused(recipe("in.zip", 16, false, 1), "not a complete zip file");
  }

  @Test
  void readsIdxPlainAndGzipped() throws Exception {
    Files.createDirectories(dir.resolve("in"));
    writeIdx("train", 30, true);
    writeIdx("t10k", 10, false);
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe("in", 28, false, 3));
    assertThat(summary.manifest().rows(Subset.TRAIN)).isEqualTo(30);
    assertThat(summary.manifest().rows(Subset.HELDOUT)).isEqualTo(10);
    assertThat(summary.manifest().classNames()).hasSize(10);
    for (Row row : rows()) {
      byte[] png = (byte[]) row.getStruct(row.fieldIndex("image")).get(0);
      String path = row.getStruct(row.fieldIndex("image")).getString(1);
      int item = Integer.parseInt(path.substring(path.indexOf('#') + 1));
      assertThat(row.<Integer>getAs("label")).isEqualTo(item % 10);
      int rgb = ImageIO.read(new ByteArrayInputStream(png)).getRGB(3, 2) & 0xffffff;
      assertThat(rgb).as(path).isEqualTo((item * 3 % 256) * 0x010101);
    }
  }

  @Test
  void aTruncatedIdxFileIsOneSentence() throws Exception {
    Files.createDirectories(dir.resolve("in"));
    writeIdx("train", 30, false);
    Path file = dir.resolve("in/train-images-idx3-ubyte");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 100));
    assertRefused(recipe("in", 28, false, 3), "where its header says");
  }

  @Test
  void readsCifar() throws Exception {
    Files.createDirectories(dir.resolve("in"));
    byte[] batch = new byte[25 * 3073];
    new Random(1).nextBytes(batch);
    for (int i = 0; i < 25; i++) {
      batch[i * 3073] = (byte) (i % 10);
    }
    Files.write(dir.resolve("in/data_batch_1.bin"), batch);
    Files.write(dir.resolve("in/test_batch.bin"), Arrays.copyOf(batch, 5 * 3073));
    Files.writeString(dir.resolve("in/batches.meta.txt"), "airplane\nautomobile\n\n");
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe("in", 32, false, 2));
    assertThat(summary.manifest().rows(Subset.HELDOUT)).isEqualTo(5);
    assertThat(summary.manifest().classNames()).hasSize(10).startsWith("airplane", "automobile");
    Row row = rows().stream().filter(r -> r.getLong(0) == 7).findFirst().orElseThrow();
    byte[] png = (byte[]) row.getStruct(row.fieldIndex("image")).get(0);
    int rgb = ImageIO.read(new ByteArrayInputStream(png)).getRGB(5, 4) & 0xffffff;
    int at = 7 * 3073 + 1 + 4 * 32 + 5;
    assertThat(rgb)
        .isEqualTo(
            ((batch[at] & 0xff) << 16)
                + ((batch[at + 1024] & 0xff) << 8)
                + (batch[at + 2048] & 0xff));
  }

  @Test
  void readsParquetOfSparkAndOfOurOwn() throws Exception {
    writeFolder("folder");
    SPARK
        .session()
        .read()
        .format("binaryFile")
        .option("recursiveFileLookup", "true")
        .load(path("folder"))
        .selectExpr("struct(content AS bytes, path) AS image", "7 AS label", "'words' AS text")
        .write()
        .parquet(path("in"));
    IngestSummary first = IngestJob.run(SPARK.session(), recipe("in", 16, false, 2));
    assertThat(first.written()).isEqualTo(20);
    assertThat(rows()).allMatch(row -> row.<Integer>getAs("label") == 7);
    assertThat(rows()).allMatch(row -> row.<String>getAs("caption").equals("words"));
    IngestRecipe again = IngestRecipe.of(path("out"), path("again"));
    IngestSummary second = IngestJob.run(SPARK.session(), again);
    assertThat(second.written()).isEqualTo(20);
    assertThat(second.manifest().rows(Subset.HELDOUT))
        .isEqualTo(first.manifest().rows(Subset.HELDOUT));
  }

  @Test
  void parquetWithoutPicturesIsOneSentence() {
    SPARK.session().range(5).write().parquet(path("in"));
    assertRefused(recipe("in", 16, false, 1), "has no column image: struct<bytes: binary");
  }

  @Test
  void drawsTheEmbeddedIcons() throws Exception {
    assertRefused(recipe("icons:?cuont=3", 32, false, 1), "cuont=3 (expected: count, seed");
    assertRefused(recipe("icons:?classes=dragon", 32, false, 1), "classes: dragon (expected");
    IngestRecipe recipe = recipe("icons:?count=300&seed=5", 32, false, 3);
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe);
    assertThat(summary.written()).isEqualTo(300);
    assertThat(summary.manifest().classNames()).startsWith("flag", "arrow").hasSize(10);
    String checksum = summary.manifest().contentChecksum();
    IngestSummary again =
        IngestJob.run(
            SPARK.session(),
            RecipeReader.override(
                IngestRecipe.of(recipe.input(), path("other")),
                List.of("heldout=0.25", "partitions=7")));
    assertThat(again.manifest().contentChecksum()).isEqualTo(checksum);
  }

  @Test
  void rowsInAreRowsOutPlusQuarantined() throws Exception {
    Map<String, BadFiles.Bad> bad = BadFiles.generate();
    assertThat(bad).hasSizeGreaterThan(200);
    for (Map.Entry<String, BadFiles.Bad> file : bad.entrySet()) {
      Path path = dir.resolve("in").resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.write(path, file.getValue().bytes());
    }
    writeFolder("in");
    IngestSummary summary = IngestJob.run(SPARK.session(), recipe("in", 16, false, 5));
    assertThat(summary.read()).isEqualTo(bad.size() + 20);
    assertThat(summary.written()).isEqualTo(20);
    assertThat(summary.quarantined()).isEqualTo(bad.size());
    Map<String, String> reasons =
        TableFrames.quarantine(SPARK.session(), path("out")).collectAsList().stream()
            .collect(Collectors.toMap(row -> row.getString(0), row -> row.getString(1)));
    assertThat(reasons.keySet()).isEqualTo(bad.keySet());
    // Manifest, quarantine and preview lie beside the rows, and Spark takes none of them for rows.
    Files.writeString(dir.resolve("out").resolve(TableOutput.PREVIEW), "a picture");
    assertThat(SPARK.session().read().parquet(path("out")).count()).isEqualTo(20);
    assertThat(SPARK.session().read().parquet(path("out")).columns())
        .contains("image", "label", "split");
    bad.forEach((path, file) -> assertThat(reasons.get(path)).as(path).contains(file.reason()));
  }

  @Test
  void whatIsReadWithAWarningIsCountedAndStrictlyRefused() throws Exception {
    byte[] jpeg = PictureFiles.encode(20, 20, 1, "jpg");
    Files.createDirectories(dir.resolve("in"));
    Files.write(dir.resolve("in/whole.jpg"), jpeg);
    Files.write(dir.resolve("in/named.png"), jpeg);
    Files.write(dir.resolve("in/trailing.jpg"), Arrays.copyOf(jpeg, jpeg.length - 2));
    IngestSummary lenient = IngestJob.run(SPARK.session(), recipe("in", 16, false, 1));
    assertThat(lenient.written()).isEqualTo(3);
    assertThat(lenient.warnings())
        .containsOnly(
            Map.entry("wrong extension, JPEG data in a PNG file", 1L),
            Map.entry("JPEG: no end marker", 1L));
    assertThat(lenient.warningLines()).contains("1 read with a warning: JPEG: no end marker");
    IngestRecipe strict =
        RecipeReader.override(recipe("in", 16, false, 1), List.of("strict=true", "overwrite=true"));
    IngestSummary refused = IngestJob.run(SPARK.session(), strict);
    assertThat(refused.written()).isEqualTo(1);
    assertThat(refused.reasons()).containsOnlyKeys("damaged");
  }

  @Test
  void contentDoesNotDependOnPartitions() throws Exception {
    writeFolder("in");
    String one =
        IngestJob.run(SPARK.session(), recipe("in", 16, true, 1)).manifest().contentChecksum();
    List<Row> before = rows();
    IngestRecipe seven =
        RecipeReader.override(recipe("in", 16, true, 7), List.of("overwrite=true"));
    assertThat(IngestJob.run(SPARK.session(), seven).manifest().contentChecksum()).isEqualTo(one);
    assertThat(rows()).isEqualTo(before);
  }

  @Test
  void refusesBadInputAndOutputInOneSentence() throws Exception {
    Files.createDirectories(dir.resolve("empty"));
    assertRefused(recipe("absent", 16, false, 0), "does not exist");
    assertRefused(recipe("empty", 16, false, 0), "holds no files");
    Files.createDirectories(dir.resolve("bad"));
    Files.write(dir.resolve("bad/a.png"), new byte[0]);
    assertRefused(recipe("bad", 16, false, 0), "holds no readable picture");
    writeFolder("in");
    IngestRecipe inside = IngestRecipe.of(path("in"), path("in/out"));
    assertThatThrownBy(() -> IngestJob.run(SPARK.session(), inside))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("one inside the other");
    Files.writeString(dir.resolve("file"), "");
    assertThatThrownBy(
            () -> IngestJob.run(SPARK.session(), IngestRecipe.of(path("in"), path("file/out"))))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("Cannot write to");
    IngestJob.run(SPARK.session(), recipe("in", 16, false, 0));
    String manifest = Files.readString(dir.resolve("out/_manifest.json"));
    assertThatThrownBy(() -> IngestJob.run(SPARK.session(), recipe("in", 16, false, 0)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("exists already");
    assertThat(dir.resolve("out/_manifest.json")).hasContent(manifest);
    assertThatThrownBy(() -> recipe("in", 4, false, 0))
        .hasMessageContaining("size: 4 (expected: 8 to 4096)");
  }

  private void assertRefused(IngestRecipe recipe, String sentence) {
    assertThatThrownBy(() -> IngestJob.run(SPARK.session(), recipe))
        .isInstanceOfAny(InvalidDatasetException.class, UserException.class)
        .hasMessageContaining(sentence)
        .hasMessageNotContaining("\n");
    assertThat(dir.resolve("out")).doesNotExist();
  }

  private List<Row> rows() {
    assertThat(
            ManifestFile.read(SPARK.session().sparkContext().hadoopConfiguration(), path("out"))
                .version())
        .isEqualTo(1);
    return TableFrames.read(SPARK.session(), path("out")).orderBy("id").collectAsList();
  }

  private IngestRecipe recipe(String input, int size, boolean classes, int partitions) {
    IngestRecipe defaults =
        IngestRecipe.of(input.startsWith("icons:") ? input : path(input), path("out"));
    return RecipeReader.override(
        defaults,
        List.of(
            "size=" + size,
            "class-per-folder=" + classes,
            "heldout=0.25",
            "partitions=" + partitions,
            "max-pixels=" + (1 << 20)));
  }

  private void writeFolder(String name) throws IOException {
    String[] folders = {"cat", "dog/old", ""};
    for (int i = 0; i < 20; i++) {
      String format = i % 2 == 0 ? "png" : "jpg";
      Path file =
          dir.resolve(name)
              .resolve(folders[i % 3])
              .resolve("%02d with space.%s".formatted(i, format));
      Files.createDirectories(file.getParent());
      Files.write(file, PictureFiles.encode(10 + i, 30 - i, i, format));
    }
  }

  private void writeIdx(String prefix, int count, boolean gzip) throws IOException {
    ByteBuffer images = ByteBuffer.allocate(16 + count * 28 * 28);
    images.putInt(0x803).putInt(count).putInt(28).putInt(28);
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      byte[] item = new byte[28 * 28];
      Arrays.fill(item, (byte) (i * 3));
      images.put(item);
      labels.put((byte) (i % 10));
    }
    write("in/" + prefix + "-images-idx3-ubyte", images.array(), gzip);
    write("in/" + prefix + "-labels-idx1-ubyte", labels.array(), gzip);
  }

  private void write(String name, byte[] bytes, boolean gzip) throws IOException {
    if (!gzip) {
      Files.write(dir.resolve(name), bytes);
      return;
    }
    try (GZIPOutputStream out =
        new GZIPOutputStream(Files.newOutputStream(dir.resolve(name + ".gz")))) {
      out.write(bytes);
    }
  }

  private String path(String name) {
    return dir.resolve(name).toString();
  }
}
