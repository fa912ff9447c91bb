package dev.tessera.datasets.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files and manifests with a few bytes wrong give a sentence or the right rows, nothing else. */
class DamageTest {

  private static final int MUTATIONS = 120;

  private final Configuration conf = new Configuration();
  @TempDir private Path dir;

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(4)) {
      case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> Arrays.fill(bytes, at, Math.min(bytes.length, at + 64), (byte) 0);
      default -> bytes = Arrays.copyOf(bytes, at);
    }
    return bytes;
  }

  private <R> List<String> rows(String table, RowFormat<R> format) throws IOException {
    TableManifest manifest = ManifestFile.read(conf, table);
    ContentChecksum sum = ContentChecksum.EMPTY;
    List<String> rows = new ArrayList<>();
    try (TableReader<R> reader =
        TableReader.open(conf, table, manifest, format, 0, manifest.rows())) {
      for (R row = reader.next(); row != null; row = reader.next()) {
        sum = sum.plus(row, format, ContentChecksum.sha256());
        rows.add(sum.hex());
      }
    }
    return rows;
  }

  private void requireToldOrRight(String table, RowFormat<?> format) throws IOException {
    Path manifest = dir.resolve("t").resolve("_manifest.json");
    TableFile first = ManifestFile.read(conf, table).files().get(0);
    Path file = dir.resolve("t").resolve(first.path());
    List<String> right = rows(table, format);
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(7);
    int told = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      Files.write(file, mutated(whole, random));
      try {
        assertThat(rows(table, format)).isEqualTo(right);
      } catch (InvalidDatasetException e) {
        told++;
        assertThat(e).hasMessageContaining(first.path()).hasMessageContaining("again");
      }
    }
    assertThat(told).isGreaterThan(MUTATIONS / 2);
    Files.write(file, whole);
    assertThat(manifest).exists();
  }

  @Test
  void noRowOfADamagedFileIsUsed() throws Exception {
    String table = dir.resolve("t").toString();
    TestTables.latents(table, 40, 1);
    requireToldOrRight(table, RowFormats.LATENTS);
    TestTables.codes(table, 40, 1);
    requireToldOrRight(table, RowFormats.CODES);
  }

  /** Whole blocks are read where they are wanted, and compared there. */
  @Test
  void eachBlockOfALargeFileIsCompared() throws Exception {
    String table = dir.resolve("t").toString();
    TestTables.images(table, 300, 1, 64);
    TableFile first = ManifestFile.read(conf, table).files().get(0);
    Path file = dir.resolve("t").resolve(first.path());
    byte[] whole = Files.readAllBytes(file);
    int blocks = (whole.length - 1) / BlockChecksums.BLOCK + 1;
    assertThat(blocks).isGreaterThan(2);
    List<String> right = rows(table, RowFormats.IMAGES);
    assertThat(right).hasSize(300);
    for (int block = 0; block < blocks; block++) {
      byte[] bytes = whole.clone();
      int start = block * BlockChecksums.BLOCK;
      bytes[start + Math.min(BlockChecksums.BLOCK, whole.length - start) / 2] ^= 1;
      Files.write(file, bytes);
      String told = "the block at byte " + start + " is not what was written";
      assertThatThrownBy(() -> rows(table, RowFormats.IMAGES))
          .isInstanceOf(InvalidDatasetException.class)
          .hasMessageContaining(told);
    }
  }

  @Test
  void filesOfOlderTablesAreReadAsAWholeFirst() throws Exception {
    String table = dir.resolve("t").toString();
    TestTables.codes(table, 40, 1);
    Path manifest = dir.resolve("t").resolve("_manifest.json");
    Files.writeString(
        manifest,
        Files.readString(manifest)
            .replaceAll(",\\s*\"blocks\" : \"[^\"]*\"", "")
            .replaceAll(",\\s*\"checksum\" : \"[^\"]*\"", ""));
    assertThat(ManifestFile.read(conf, table).files().get(0).blocks()).isNull();
    requireToldOrRight(table, RowFormats.CODES);
  }

  @Test
  void aDamagedManifestIsToldOrSaysWhatItSaid() throws Exception {
    String table = dir.resolve("t").toString();
    TableManifest right = TestTables.latents(table, 40, 2);
    Path file = dir.resolve("t").resolve("_manifest.json");
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(8);
    for (int i = 0; i < 4 * MUTATIONS; i++) {
      Files.write(file, mutated(whole, random));
      try {
        assertThat(ManifestFile.read(conf, table)).isEqualTo(right);
      } catch (InvalidDatasetException e) {
        assertThat(e).hasMessageContaining(table);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.parquet",
        "/etc/x.parquet",
        "file:/x",
        "http://h/x",
        "hdfs://h/x",
        "data/../../x",
        "data//x",
        "",
        "data/",
        ".hidden",
        "C:\\\\x"
      })
  void namesStayWithinTheTable(String name) throws Exception {
    requireRefused("split=train/train-00000-of-00001.parquet", name, "within the table's folder");
  }

  @Test
  void everyFieldIsChecked() throws Exception {
    requireRefused("\"kind\" : \"latents\"", "\"kind\" : null", "kind: null");
    requireRefused("\"kind\" : \"latents\"", "\"kind\" : 2", "damaged");
    requireRefused("\"scale\" : 1.0", "\"scale\" : 0.0", "scale: 0.0");
    requireRefused("\"scale\" : 1.0", "\"scale\" : -1.0", "scale: -1.0");
    requireRefused("\"scale\" : 1.0", "\"scale\" : \"NaN\"", "scale: NaN");
    requireRefused("\"std\" : 1.0", "\"std\" : \"Infinity\"", "std: Infinity");
    requireRefused("\"imageSize\" : 8", "\"imageSize\" : 2000000000", "imageSize");
    requireRefused("\"imageSize\" : 8", "\"imageSize\" : 8.5", "damaged");
    requireRefused("\"quarantined\" : 0", "\"quarantined\" : null", "damaged");
    requireRefused("\"rows\" : 31", "\"rows\" : 9000000000000000000", "rows in");
    requireRefused("\"shape\" : [ 1, 2, 2 ]", "\"shape\" : [ 99999, 99999, 99999 ]", "shape");
    requireRefused("\"classNames\" : [ ]", "\"classNames\" : [ null ]", "damaged");
    String deep = "[".repeat(5000) + "]".repeat(5000);
    requireRefused("\"classNames\" : [ ]", "\"classNames\" : " + deep, "damaged");
    requireRefused("\"classNames\" : [ ]", " ".repeat(34 << 20) + "\"classNames\" : []", "32 MiB");
  }

  private void requireRefused(String from, String to, String sentence) throws IOException {
    String table = dir.resolve("t").toString();
    TestTables.latents(table, 40, 1);
    Path file = dir.resolve("t").resolve("_manifest.json");
    String whole = Files.readString(file).replaceAll(",\\s*\"checksum\" : \"[^\"]*\"", "");
    assertThat(whole).contains(from);
    Files.writeString(file, whole.replace(from, to), StandardCharsets.UTF_8);
    assertThatThrownBy(() -> ManifestFile.read(conf, table))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining(sentence);
  }

  @Test
  void anEditByHandGetsASentenceWithTheWayOut() throws Exception {
    String table = dir.resolve("t").toString();
    TestTables.codes(table, 40, 1);
    Path file = dir.resolve("t").resolve("_manifest.json");
    String edited = Files.readString(file).replace("\"a\"", "\"apple\"");
    Files.writeString(file, edited);
    String sum = "";
    try {
      ManifestFile.read(conf, table);
    } catch (InvalidDatasetException e) {
      assertThat(e).hasMessageContaining("was edited or is damaged");
      sum = e.getMessage().replaceAll(".*set its \"checksum\" to \"([0-9a-f]{8})\".*", "$1");
    }
    assertThat(sum).hasSize(8);
    Files.writeString(
        file, edited.replaceAll("\"checksum\" : \"[^\"]*\"", "\"checksum\" : \"" + sum + "\""));
    assertThat(ManifestFile.read(conf, table).classNames()).containsExactly("apple", "b", "c");
  }

  @Test
  void noHiddenFilesStandBesideATable() throws Exception {
    TestTables.codes(dir.resolve("t").toString(), 40, 2);
    try (var files = Files.walk(dir)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .noneMatch(n -> n.endsWith("crc"));
    }
  }
}
