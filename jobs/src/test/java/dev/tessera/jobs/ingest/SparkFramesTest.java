package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.spark.table.TableFrames;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Frames of Spark's own sources, written as Parquet. */
class SparkFramesTest {

  @RegisterExtension static final LocalSpark SPARK = new LocalSpark();

  @TempDir private Path dir;

  private IngestSummary ingest(String in, String out, String... overrides) {
    return IngestJob.run(
        SPARK.session(),
        RecipeReader.override(
            IngestRecipe.of(dir + "/" + in, dir + "/" + out), List.of(overrides)));
  }

  /** PNG bytes of a table's pictures by the names of their files. */
  private Map<String, byte[]> pictures(String table) {
    Map<String, byte[]> pictures = new TreeMap<>();
    for (Row row : TableFrames.read(SPARK.session(), dir + "/" + table).collectAsList()) {
      Row image = row.getStruct(row.fieldIndex("image"));
      String path = image.getString(1);
      pictures.put(path.substring(path.lastIndexOf('/') + 1), (byte[]) image.get(0));
    }
    return pictures;
  }

  /** Four files as Spark 4.2's image source (of MLlib) wrote them; and three of the files. */
  private Path resource(String name) throws URISyntaxException {
    return Path.of(getClass().getResource("/spark-image/" + name).toURI());
  }

  private void copyPictures() throws Exception {
    Files.createDirectories(dir.resolve("in"));
    for (String name : List.of("grey.png", "rgb.png", "rgba.png")) {
      Files.copy(resource("pictures/" + name), dir.resolve("in/" + name));
    }
  }

  private List<String> reasons(String table) {
    return TableFrames.quarantine(SPARK.session(), dir + "/" + table).collectAsList().stream()
        .map(row -> row.getString(1))
        .sorted()
        .toList();
  }

  @Test
  void theImageSourcesPixelsAreTheFiles() throws Exception {
    Files.copy(resource("frame.parquet"), dir.resolve("frame.parquet"));
    copyPictures();
    String[] overrides = {"size=16", "heldout=0", "background=204080"};
    IngestSummary summary = ingest("frame.parquet", "ofFrame", overrides);
    assertThat(summary.read()).isEqualTo(4);
    assertThat(summary.written()).isEqualTo(3);
    assertThat(reasons("ofFrame"))
        .containsExactly("empty: Spark's image source could not read the file");
    ingest("in", "ofFiles", overrides);
    Map<String, byte[]> files = pictures("ofFiles");
    Map<String, byte[]> frame = pictures("ofFrame");
    assertThat(frame.keySet()).isEqualTo(files.keySet()).hasSize(3);
    files.forEach((name, png) -> assertThat(Arrays.equals(frame.get(name), png)).as(name).isTrue());
  }

  @Test
  void whatCannotBeReadOfAFrameHasAReason() throws Exception {
    String fields = "'origin', image.origin, 'height', image.height%s, 'width', image.width";
    SPARK
        .session()
        .read()
        .parquet(resource("frame.parquet").toString())
        .where("image.mode >= 0")
        .selectExpr(
            "CASE image.mode WHEN 0 THEN named_struct("
                + fields.formatted("")
                + ", 'nChannels', 1, 'mode', 5, 'data', image.data) WHEN 24 THEN named_struct("
                + fields.formatted(" + 9")
                + ", 'nChannels', 4, 'mode', 24, 'data', image.data) ELSE image END AS image")
        .write()
        .parquet(dir + "/frame");
    IngestSummary summary = ingest("frame", "out", "size=16");
    assertThat(summary.read()).isEqualTo(3);
    assertThat(summary.written()).isEqualTo(1);
    assertThat(reasons("out"))
        .containsExactly(
            "damaged pixels: 1024 bytes for 16x25 of 4 channels in mode 24",
            "unsupported pixels: OpenCV's mode 5, CV_32FC1 (expected: 0, 16 or 24: CV_8UC1,"
                + " CV_8UC3, CV_8UC4)");
  }

  @Test
  void partitionsAndBinaryFilesAreRead() throws Exception {
    copyPictures();
    SPARK
        .session()
        .read()
        .format("binaryFile")
        .load(dir + "/in")
        .selectExpr("path", "content", "substring_index(path, '/', -1) AS label")
        .write()
        .partitionBy("label")
        .parquet(dir + "/frame");
    IngestSummary summary = ingest("frame", "out", "size=16", "heldout=0");
    assertThat(summary.manifest().classNames()).containsExactly("grey.png", "rgb.png", "rgba.png");
    for (Row row : TableFrames.read(SPARK.session(), dir + "/out").collectAsList()) {
      String path = row.getStruct(row.fieldIndex("image")).getString(1);
      int label = row.<Integer>getAs("label");
      assertThat(path).endsWith("/" + summary.manifest().classNames().get(label));
    }
  }
}
