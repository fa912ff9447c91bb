package dev.tessera.datasets.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.Pictures;
import dev.tessera.datasets.image.RgbImage;
import dev.tessera.datasets.table.ImageRow;
import dev.tessera.datasets.table.ManifestFile;
import dev.tessera.datasets.table.RowFormats;
import dev.tessera.datasets.table.Subset;
import dev.tessera.datasets.table.TableManifest;
import dev.tessera.datasets.table.TableReader;
import dev.tessera.datasets.table.TestTables;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.FixedSizeBinaryVector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BatchReaderTest {

  private static final Configuration CONF = new Configuration();
  private static final int SIZE = 8;
  private static final int PIXELS = 3 * SIZE * SIZE;

  @TempDir private Path dir;

  @Test
  void fillsBatchesWithTheRowsThatTheOrderNames() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 61, 4, SIZE);
    List<ImageRow> rows = rows(manifest);
    for (int shards : new int[] {1, 2, 5}) {
      BatchReader reader = open(Subset.TRAIN, IntStream.range(0, shards).boxed().toList(), shards);
      for (int shard = 0; shard < shards; shard++) {
        ByteBuffer pixels = ByteBuffer.allocateDirect(100 * PIXELS);
        ByteBuffer labels = ByteBuffer.allocateDirect(400).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer ids = ByteBuffer.allocateDirect(800).order(ByteOrder.LITTLE_ENDIAN);
        Map<Column, ByteBuffer> targets =
            Map.of(Column.PIXELS, pixels, Column.LABEL, labels, Column.ID, ids);
        reader.fill(shard, 3, 60, targets);
        reader.fill(shard, 63, 40, targets);
        assertThat(pixels.hasRemaining()).isFalse();
        pixels.flip();
        for (int i = 0; i < 100; i++) {
          ImageRow row = rows.get((int) reader.order().row(shard, 3 + i));
          RgbImage image = RgbImage.fromPlanar(SIZE, SIZE, pixels);
          assertThat(ids.getLong(8 * i)).isEqualTo(row.id());
          assertThat(labels.getInt(4 * i)).isEqualTo(row.label() == null ? -1 : row.label());
          assertThat(image.pixels()).isEqualTo(Pictures.noise(SIZE, SIZE, row.id()).pixels());
        }
      }
    }
  }

  @Test
  void ranksTogetherSeeWhatOneRankSees() throws Exception {
    TestTables.images(path("t"), 40, 2, SIZE);
    BatchReader alone = open(Subset.TRAIN, List.of(0, 1, 2, 3), 4);
    for (List<Integer> owned : List.of(List.of(0, 1), List.of(2, 3), List.of(3))) {
      BatchReader part = open(Subset.TRAIN, owned, 4);
      for (int shard : owned) {
        assertThat(pixels(part, shard, 50)).isEqualTo(pixels(alone, shard, 50));
      }
    }
  }

  @Test
  void writesArrowFilesThatArrowReads() throws Exception {
    TestTables.images(path("t"), 30, 2, SIZE);
    TestTables.codes(path("c"), 30, 2);
    BatchReader reader = open(Subset.TRAIN, List.of(0), 1);
    Path segment = segments().get(0);
    try (RootAllocator allocator = new RootAllocator();
        FileChannel file = FileChannel.open(segment);
        ArrowFileReader arrow = new ArrowFileReader(file, allocator)) {
      assertThat(arrow.loadNextBatch()).isTrue();
      assertThat(arrow.getVectorSchemaRoot().getRowCount()).isEqualTo(23);
      FixedSizeBinaryVector pixels =
          (FixedSizeBinaryVector) arrow.getVectorSchemaRoot().getVector("pixels");
      IntVector labels = (IntVector) arrow.getVectorSchemaRoot().getVector("label");
      ByteBuffer expected = pixels(reader, 0, 23);
      for (int k = 0; k < 23; k++) {
        byte[] row = new byte[PIXELS];
        expected.get(row);
        int index = (int) reader.order().index(0, k);
        assertThat(pixels.get(index)).isEqualTo(row);
        assertThat(labels.isNull(index)).isFalse();
      }
      assertThat(arrow.loadNextBatch()).isFalse();
    }
    readCodesByArrow();
  }

  private void readCodesByArrow() throws Exception {
    CacheSettings cache = CacheSettings.in(dir.resolve("codes-cache"));
    BatchReader.open(
        CONF,
        path("c"),
        Subset.TRAIN,
        List.of(Column.CODES, Column.LABEL),
        List.of(0),
        1,
        1,
        cache);
    Path segment;
    try (Stream<Path> files = Files.walk(cache.folder())) {
      segment = files.filter(file -> file.toString().endsWith(".arrow")).findFirst().orElseThrow();
    }
    try (RootAllocator allocator = new RootAllocator();
        FileChannel file = FileChannel.open(segment);
        ArrowFileReader arrow = new ArrowFileReader(file, allocator)) {
      assertThat(arrow.loadNextBatch()).isTrue();
      FixedSizeListVector codes =
          (FixedSizeListVector) arrow.getVectorSchemaRoot().getVector("codes");
      assertThat(codes.getObject(7).toString()).isEqualTo("[8,1,2,63]");
      IntVector labels = (IntVector) arrow.getVectorSchemaRoot().getVector("label");
      assertThat(labels.get(7)).isEqualTo(8 % 3);
    }
  }

  @Test
  void alignsColumnsTo64Bytes() {
    for (int rows : new int[] {1, 7, 100}) {
      SegmentLayout layout =
          SegmentLayout.of(rows, Map.of(Column.PIXELS, 75, Column.LABEL, 4, Column.ID, 8));
      SegmentFile file = new SegmentFile(layout);
      for (Column column : layout.widths().keySet()) {
        assertThat(file.position(column) % 64).isZero();
      }
    }
  }

  @Test
  void readsCodesAndLatentsOverSeveralSegments() throws Exception {
    TestTables.codes(path("c"), 9_000, 2);
    CacheSettings small = new CacheSettings(dir.resolve("cache"), 1 << 17);
    BatchReader codes =
        BatchReader.open(
            CONF,
            path("c"),
            Subset.TRAIN,
            List.of(Column.CODES, Column.ID),
            List.of(1),
            2,
            3,
            small);
    assertThat(segments()).hasSizeGreaterThan(1);
    int n = (int) codes.order().rowsOf(1);
    ByteBuffer values = ByteBuffer.allocate(n * 16).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer ids = ByteBuffer.allocate(n * 8).order(ByteOrder.LITTLE_ENDIAN);
    codes.fill(1, 0, n, Map.of(Column.CODES, values, Column.ID, ids));
    for (int i = 0; i < n; i++) {
      assertThat(values.getInt(16 * i)).isEqualTo((int) (ids.getLong(8 * i) % 64));
    }

    TestTables.latents(path("l"), 20, 2);
    BatchReader latents =
        BatchReader.open(
            CONF,
            path("l"),
            Subset.HELDOUT,
            List.of(Column.LATENT, Column.LABEL, Column.ID),
            List.of(0),
            1,
            3,
            small);
    ByteBuffer latent = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer label = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer id = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    latents.fill(0, 2, 1, Map.of(Column.LATENT, latent, Column.LABEL, label, Column.ID, id));
    assertThat(latent.getLong(0)).isEqualTo(id.getLong(0) * 31);
    assertThat(label.getInt(0)).isEqualTo(-1);
  }

  @Test
  void reusesACacheOfTheSameTableAndNoOther() throws Exception {
    TestTables.images(path("t"), 20, 2, SIZE);
    open(Subset.TRAIN, List.of(0, 1), 2);
    List<Path> first = segments();
    FileTime old = FileTime.fromMillis(1_000_000);
    for (Path segment : first) {
      Files.setLastModifiedTime(segment, old);
    }
    open(Subset.TRAIN, List.of(1), 2);
    assertThat(segments()).isEqualTo(first);
    for (Path segment : first) {
      assertThat(Files.getLastModifiedTime(segment)).isEqualTo(old);
    }
    TestTables.images(path("t"), 21, 2, SIZE);
    open(Subset.TRAIN, List.of(0), 2);
    // The earlier content's segments are gone.
    assertThat(segments()).hasSize(1).doesNotContainAnyElementsOf(first);
  }

  @Test
  void leavesNoHalfWrittenCache() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 20, 2, SIZE);
    Files.delete(dir.resolve("t").resolve(manifest.files(Subset.TRAIN).get(1).path()));
    assertThatThrownBy(() -> open(Subset.TRAIN, List.of(0, 1), 2))
        .isInstanceOf(InvalidDatasetException.class);
    assertThat(segments()).isEmpty();
  }

  @Test
  void refusesWhatDoesNotFit() throws Exception {
    TestTables.images(path("t"), 20, 2, SIZE);
    assertThatThrownBy(() -> open(Subset.TRAIN, List.of(0), 100))
        .hasMessageContaining("16 rows for 100 shards");
    assertThatThrownBy(
            () ->
                BatchReader.open(
                    CONF,
                    path("t"),
                    Subset.TRAIN,
                    List.of(Column.CODES),
                    List.of(0),
                    1,
                    1,
                    cache()))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("has no column CODES");
    edit("\"imageSize\" : 8", "\"imageSize\" : 16");
    assertThatThrownBy(() -> open(Subset.TRAIN, List.of(0), 1))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("is 8x8 (expected: 16x16)");
  }

  @Test
  void readsSlicesInOrder() throws Exception {
    TableManifest manifest = TestTables.images(path("t"), 25, 3, SIZE);
    List<ImageRow> rows = new ArrayList<>(rows(manifest));
    try (SequentialReader<ImageRow> slice =
        SequentialReader.open(CONF, path("t"), RowFormats.IMAGES, 5, 17)) {
      for (int i = 5; i < 17; i++) {
        ByteBuffer pixels = ByteBuffer.allocate(PIXELS);
        ImageRow row = slice.next(Map.of(Column.PIXELS, pixels));
        if (i < rows.size()) {
          assertThat(row.id()).isEqualTo(rows.get(i).id());
        }
        pixels.flip();
        assertThat(RgbImage.fromPlanar(SIZE, SIZE, pixels).pixels())
            .isEqualTo(Pictures.noise(SIZE, SIZE, row.id()).pixels());
      }
      assertThat(slice.next(Map.of())).isNull();
    }
  }

  private BatchReader open(Subset split, List<Integer> owned, int shards) {
    List<Column> columns = List.of(Column.PIXELS, Column.LABEL, Column.ID);
    return BatchReader.open(CONF, path("t"), split, columns, owned, shards, 11, cache());
  }

  private CacheSettings cache() {
    return CacheSettings.in(dir.resolve("cache"));
  }

  private static ByteBuffer pixels(BatchReader reader, int shard, int count) {
    ByteBuffer pixels = ByteBuffer.allocateDirect(count * PIXELS);
    reader.fill(shard, 0, count, Map.of(Column.PIXELS, pixels));
    return pixels.flip();
  }

  private List<ImageRow> rows(TableManifest manifest) throws Exception {
    List<ImageRow> rows = new ArrayList<>();
    try (TableReader<ImageRow> reader =
        TableReader.open(
            CONF,
            path("t"),
            ManifestFile.read(CONF, path("t")),
            Subset.TRAIN,
            RowFormats.IMAGES,
            0,
            manifest.rows(Subset.TRAIN))) {
      for (ImageRow row = reader.next(); row != null; row = reader.next()) {
        rows.add(row);
      }
    }
    return rows;
  }

  private List<Path> segments() throws Exception {
    if (!Files.exists(dir.resolve("cache"))) {
      return List.of();
    }
    try (Stream<Path> files = Files.walk(dir.resolve("cache"))) {
      return files.filter(file -> file.toString().endsWith(".arrow")).sorted().toList();
    }
  }

  private String path(String name) {
    return dir.resolve(name).toString();
  }

  /** Changes a manifest as one of an older release, which has no checksum of its own. */
  private void edit(String from, String to) throws Exception {
    Path manifest = dir.resolve("t/_manifest.json");
    String json = Files.readString(manifest);
    assertThat(json).contains(from);
    Files.writeString(
        manifest, json.replace(from, to).replaceFirst(",\\s*\"checksum\" : \"[^\"]*\"", ""));
  }

  @Test
  void codesOutsideTheCodebookAndLabelsOutsideTheDictionaryAreRefused() throws Exception {
    TestTables.codes(path("t"), 20, 1);
    edit("\"codebookSize\" : 64", "\"codebookSize\" : 63");
    assertThatThrownBy(() -> open(Column.CODES))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining(path("t"))
        .hasMessageContaining("has code 63 (expected: 0 to 62)");
    TestTables.codes(path("t"), 20, 1);
    edit("[ \"a\", \"b\", \"c\" ]", "[ \"a\", \"b\" ]");
    assertThatThrownBy(() -> open(Column.LABEL))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("has label 2 (expected: one of the 2 of its manifest)");
  }

  private BatchReader open(Column column) {
    return BatchReader.open(
        CONF,
        path("t"),
        Subset.TRAIN,
        List.of(column),
        List.of(0),
        1,
        7,
        CacheSettings.in(dir.resolve("cache")));
  }

  private List<Path> arrows() throws Exception {
    try (Stream<Path> files = Files.walk(dir.resolve("cache"))) {
      return files.filter(file -> file.toString().endsWith(".arrow")).sorted().toList();
    }
  }

  @Test
  void aCacheThatIsNotWhatWasWrittenIsMadeAgain() throws Exception {
    TestTables.images(path("t"), 40, 2, SIZE);
    ByteBuffer right = pixels(open(Subset.TRAIN, List.of(0, 1), 2), 1, 60);
    for (int damage = 0; damage < 4; damage++) {
      Path segment = arrows().get(1);
      byte[] bytes = Files.readAllBytes(segment);
      switch (damage) {
        case 0 -> bytes[bytes.length / 2] ^= 1;
        case 1 -> bytes = java.util.Arrays.copyOf(bytes, bytes.length / 2);
        case 2 -> bytes = new byte[0];
        default -> Files.delete(segment.resolveSibling("sums.txt"));
      }
      Files.write(segment, bytes);
      assertThat(pixels(open(Subset.TRAIN, List.of(0, 1), 2), 1, 60)).isEqualTo(right);
      assertThat(Files.readAllBytes(segment)).isNotEqualTo(damage == 3 ? new byte[0] : bytes);
    }
    // What is right is not written again.
    FileTime written = Files.getLastModifiedTime(arrows().get(0));
    open(Subset.TRAIN, List.of(0, 1), 2);
    assertThat(Files.getLastModifiedTime(arrows().get(0))).isEqualTo(written);
  }

  @Test
  void nobodyElseReadsOrWritesTheCache() throws Exception {
    TestTables.images(path("t"), 40, 2, SIZE);
    open(Subset.TRAIN, List.of(0), 1);
    Path cache = arrows().get(0).getParent().getParent();
    assertThat(mode(dir.resolve("cache"))).isEqualTo("rwx------");
    assertThat(mode(cache)).isEqualTo("rwx------");
    Files.setPosixFilePermissions(
        cache, java.nio.file.attribute.PosixFilePermissions.fromString("rwxrwxrwx"));
    open(Subset.TRAIN, List.of(0), 1);
    assertThat(mode(cache)).isEqualTo("rwx------");
  }

  private static String mode(Path folder) throws Exception {
    return java.nio.file.attribute.PosixFilePermissions.toString(
        Files.getPosixFilePermissions(folder));
  }

  @Test
  void aCacheOfAnotherUserIsRefused() throws Exception {
    TestTables.images(path("t"), 40, 2, SIZE);
    open(Subset.TRAIN, List.of(0), 1);
    Path cache = arrows().get(0).getParent().getParent();
    try {
      Files.setAttribute(cache, "unix:uid", 12345);
    } catch (java.nio.file.FileSystemException e) {
      org.junit.jupiter.api.Assumptions.abort("only root can give a folder away");
    }
    assertThatThrownBy(() -> open(Subset.TRAIN, List.of(0), 1))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining(cache.toString())
        .hasMessageContaining("belongs to another user");
  }

  @Test
  void ranksOfOneDiskDoNotCountTheSameRoomTwice() throws Exception {
    Path root = Files.createDirectories(dir.resolve("cache"));
    Path cache = Files.createDirectories(root.resolve("0".repeat(32)));
    long free = Files.getFileStore(root).getUsableSpace();
    long most = free / 4 * 3;
    List<Path> first = new ArrayList<>();
    CacheRoom.claim(
        root,
        most,
        () -> {
          first.add(Files.createDirectory(cache.resolve(StagingName.of("shard-0"))));
          return first;
        });
    assertThatThrownBy(() -> CacheRoom.claim(root, most, List::of))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("for other ranks");
    CacheRoom.release(first.get(0));
    CacheRoom.claim(root, most, List::of);
  }
}
