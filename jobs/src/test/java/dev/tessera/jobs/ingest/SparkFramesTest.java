package dev.tessera.jobs.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.jobs.config.RecipeReader;
import dev.tessera.spark.table.TableFrames;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
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

  private void writePictures() throws IOException {
    Files.createDirectories(dir.resolve("in"));
    for (int type :
        List.of(
            BufferedImage.TYPE_BYTE_GRAY,
            BufferedImage.TYPE_3BYTE_BGR,
            BufferedImage.TYPE_4BYTE_ABGR)) {
      BufferedImage image = new BufferedImage(16, 16, type);
      for (int y = 0; y < 16; y++) {
        for (int x = 0; x < 16; x++) {
          if (type == BufferedImage.TYPE_BYTE_GRAY) {
            image.getRaster().setSample(x, y, 0, 16 * y + x);
          } else {
            image.setRGB(x, y, new Color(15 * x, 10 * y, 255 - 5 * x, 17 * y).getRGB());
          }
        }
      }
      ImageIO.write(image, "png", dir.resolve("in/" + type + ".png").toFile());
    }
  }

  @Test
  void theImageSourcesPixelsAreTheFiles() throws Exception {
    writePictures();
    SPARK.session().read().format("image").load(dir + "/in").write().parquet(dir + "/frame");
    String[] overrides = {"size=16", "heldout=0", "background=204080"};
    IngestSummary summary = ingest("frame", "ofFrame", overrides);
    assertThat(summary.written()).isEqualTo(3);
    ingest("in", "ofFiles", overrides);
    Map<String, byte[]> files = pictures("ofFiles");
    Map<String, byte[]> frame = pictures("ofFrame");
    assertThat(frame.keySet()).isEqualTo(files.keySet()).hasSize(3);
    files.forEach(
        (name, png) -> assertThat(Arrays.equals(frame.get(name), png)).as(name).isTrue());
  }

  @Test
  void whatTheImageSourceCouldNotReadHasAReason() throws Exception {
    writePictures();
    Files.writeString(dir.resolve("in/broken.png"), "no picture");
    SPARK
        .session()
        .read()
        .format("image")
        .load(dir + "/in")
        .selectExpr(
            "IF(image.nChannels = 1, named_struct('origin', image.origin, 'height', image.height,"
                + " 'width', image.width, 'nChannels', 1, 'mode', 5, 'data', image.data),"
                + " IF(image.nChannels = 4, named_struct('origin', image.origin, 'height', 99,"
                + " 'width', image.width, 'nChannels', 4, 'mode', 24, 'data', image.data), image))"
                + " AS image")
        .write()
        .parquet(dir + "/frame");
    IngestSummary summary = ingest("frame", "out", "size=16");
    assertThat(summary.read()).isEqualTo(4);
    assertThat(summary.written()).isEqualTo(1);
    assertThat(
            TableFrames.quarantine(SPARK.session(), dir + "/out").collectAsList().stream()
                .map(row -> row.getString(1))
                .sorted())
        .containsExactly(
            "damaged pixels: 1024 bytes for 16x99 of 4 channels in mode 24",
            "empty: Spark's image source could not read the file",
            "unsupported pixels: OpenCV's mode 5, CV_32FC1 (expected: 0, 16 or 24: CV_8UC1,"
                + " CV_8UC3, CV_8UC4)");
    assertThat(ingest("frame", "small", "size=16", "max-pixels=256").written()).isEqualTo(1);
  }

  @Test
  void partitionsAndBinaryFilesAreRead() throws Exception {
    writePictures();
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
    assertThat(summary.manifest().classNames()).containsExactly("10.png", "5.png", "6.png");
    for (Row row : TableFrames.read(SPARK.session(), dir + "/out").collectAsList()) {
      String path = row.getStruct(row.fieldIndex("image")).getString(1);
      int label = row.<Integer>getAs("label");
      assertThat(path).endsWith("/" + summary.manifest().classNames().get(label));
    }
  }
}
