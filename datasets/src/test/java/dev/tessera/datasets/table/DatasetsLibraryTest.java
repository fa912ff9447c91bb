package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tessera.datasets.image.Pictures;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.Type;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our tables as Hugging Face's {@code datasets} reads them: pictures, splits, names of classes. */
class DatasetsLibraryTest {

  private static final Configuration CONF = new Configuration();

  private static final String SCRIPT =
      """
      import sys
      import datasets
      table, cache = sys.argv[1:]
      whole = datasets.load_dataset(table, cache_dir=cache)
      print(sorted((k, v.num_rows) for k, v in whole.items()))
      row = whole["train"][0]
      print(type(row["image"]).__module__, row["image"].size, row["image"].mode)
      print(whole["train"].features["label"].names, whole["train"]["label"][:4])
      one = datasets.load_dataset("parquet", data_files=table + "/split=train/*.parquet", cache_dir=cache)
      print(type(one["train"][0]["image"]).__module__, one["train"].features["image"])
      """;

  @TempDir Path dir;

  @BeforeEach
  void write() throws Exception {
    TableOutput output = TableOutput.begin(CONF, dir.resolve("t").toString(), false);
    TablePartWriter<ImageRow> rows = output.part(CONF, RowFormats.IMAGES, 0, 0, Map.of());
    for (int i = 0; i < 6; i++) {
      byte[] png = Pictures.png(Pictures.noise(9, 7, i));
      Subset split = i < 4 ? Subset.TRAIN : Subset.HELDOUT;
      Integer label = i == 2 ? null : (Integer) (i % 2);
      rows.write(new ImageRow(i, png, i + ".png", 9, 7, label, null, "folder", split));
    }
    TableContent content = TableContent.images(9, List.of("cat: \"big\"", "dog"), Map.of());
    output.commit(CONF, List.of(rows.finish()), content);
  }

  @Test
  void noFieldSaysThatItIsNeverNull() throws Exception {
    org.apache.hadoop.fs.Path file =
        new org.apache.hadoop.fs.Path(
            dir.resolve("t/split=train/train-00000-of-00001.parquet").toString());
    try (ParquetFileReader reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, CONF))) {
      // Arrow's schema keeps "not null", and `datasets` compares it with what its features say.
      assertNullable(reader.getFileMetaData().getSchema());
    }
  }

  private static void assertNullable(GroupType group) {
    for (Type field : group.getFields()) {
      assertThat(field.getRepetition()).as(field.getName()).isEqualTo(Type.Repetition.OPTIONAL);
      if (!field.isPrimitive()) {
        assertNullable(field.asGroupType());
      }
    }
  }

  @Test
  void itShowsPicturesSplitsAndClasses() throws Exception {
    String python = System.getenv("TESSERA_PYTHON");
    assumeTrue(
        python != null, "needs a Python with datasets and Pillow; name it by TESSERA_PYTHON");
    Path script = Files.writeString(dir.resolve("read.py"), SCRIPT);
    ProcessBuilder builder =
        new ProcessBuilder(
            python, script.toString(), dir.resolve("t").toString(), dir.resolve("c").toString());
    builder.environment().put("HF_DATASETS_OFFLINE", "1");
    builder.environment().put("HF_HUB_OFFLINE", "1");
    builder.environment().put("HF_HOME", dir.resolve("home").toString());
    builder.redirectError(ProcessBuilder.Redirect.to(dir.resolve("errors").toFile()));
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(Files.readString(dir.resolve("errors"))).isZero();
    assertThat(said.lines())
        .containsExactly(
            "[('heldout', 2), ('train', 4)]",
            "PIL.PngImagePlugin (9, 7) RGB",
            "['cat: \"big\"', 'dog'] [0, 1, None, 1]",
            "PIL.PngImagePlugin Image(mode=None, decode=True)");
  }
}
