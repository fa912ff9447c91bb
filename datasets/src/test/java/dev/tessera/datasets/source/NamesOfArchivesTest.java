package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names in and of archives, as people's programs write them. */
class NamesOfArchivesTest {

  private static final Charset SHIFT_JIS = Charset.forName("Shift_JIS");

  @TempDir private Path dir;

  private final Readings readings = new Readings();

  private Path zip(String file, Charset names, String... entries) throws IOException {
    Path path = dir.resolve(file);
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(path), names)) {
      for (String entry : entries) {
        zip.putNextEntry(new ZipEntry(entry));
        zip.write(Readings.png());
      }
    }
    return path;
  }

  @Test
  void namesHaveTheirFlagOrCharset() throws Exception {
    String cats = "\u732b/\u306d\u3053.png";
    Path flagged = zip("flagged.zip", StandardCharsets.UTF_8, cats);
    assertThat(readings.lines(Readings.guessed(), flagged)).containsExactly(cats + " \u732b -");
    assertThat(readings.notes()).noneMatch(note -> note.startsWith("names:"));
    Path japanese = zip("sjis.zip", SHIFT_JIS, cats);
    assertThat(new Readings().lines(Readings.zipNames("Shift_JIS"), japanese))
        .containsExactly(cats + " \u732b -");
    // By the format a name without the flag is of code page 437.
    Path old = zip("old.zip", Charset.forName("IBM437"), "caf\u00e9/\u00fc.png");
    assertThat(readings.lines(Readings.guessed(), old))
        .containsExactly("caf\u00e9/\u00fc.png caf\u00e9 -");
    assertThat(readings.notes())
        .contains(
            "names: 1 entry has a name that is no UTF-8; read as IBM437, zip-names=Shift_JIS (or"
                + " another) reads them so");
    // Nothing is lost of what is read wrongly.
    assertThat(readings.lines(Readings.guessed(), japanese)).hasSize(1);
  }

  @Test
  void namesWithoutTheFlagAreUtf8IfTheyCanBe() throws Exception {
    Path path = zip("unflagged.zip", StandardCharsets.UTF_8, "\u00e9/1.png");
    byte[] bytes = Files.readAllBytes(path);
    for (int i = 0; i + 9 < bytes.length; i++) {
      boolean local = ByteBuffer.wrap(bytes, i, 4).getInt() == 0x504b0304;
      boolean central = ByteBuffer.wrap(bytes, i, 4).getInt() == 0x504b0102;
      if (local || central) {
        bytes[i + (local ? 7 : 9)] &= ~8; // Bit 11 of the flags.
      }
    }
    Files.write(path, bytes);
    assertThat(readings.lines(Readings.guessed(), path)).containsExactly("\u00e9/1.png \u00e9 -");
  }

  @Test
  void pathsInZipsAreBroughtToOneForm() throws Exception {
    Path path =
        zip(
            "forms.zip",
            StandardCharsets.UTF_8,
            "./cat/1.png",
            "/cat/2.png",
            "dog\\3.png",
            "../../dog/4.png",
            "__MACOSX/dog/._4.png");
    assertThat(readings.lines(Readings.guessed(), path))
        .containsExactly(
            "cat/1.png cat -", "cat/2.png cat -", "dog/3.png dog -", "dog/4.png dog -");
  }

  @Test
  void somethingMayStandBeforeAZip() throws Exception {
    byte[] zip = Files.readAllBytes(zip("plain.zip", StandardCharsets.UTF_8, "a/1.png", "b/2.png"));
    byte[] program = "#!/bin/sh\nexec unzip $0\n".getBytes(StandardCharsets.UTF_8);
    Path path = dir.resolve("prefixed.zip");
    Files.write(
        path, ByteBuffer.allocate(program.length + zip.length).put(program).put(zip).array());
    List<RawImage> all = readings.of(List.of(path.toString()), Readings.guessed());
    assertThat(all.stream().map(RawImage::path)).containsExactly("a/1.png", "b/2.png");
    assertThat(all)
        .allSatisfy(
            image ->
                assertThat(((RawImage.Encoded) image.content()).bytes()).isEqualTo(Readings.png()));
  }

  @Test
  void idxFilesHaveDotsOrDashesAndEmnistsWords() throws Exception {
    for (String name : List.of("train-images.idx3-ubyte", "t10k-images.idx3-ubyte")) {
      writeIdx("dotted/" + name, 3);
    }
    assertThat(readings.lines(Readings.guessed(), dir.resolve("dotted")))
        .containsExactly(
            "t10k-images.idx3-ubyte#0 0 heldout",
            "t10k-images.idx3-ubyte#1 1 heldout",
            "t10k-images.idx3-ubyte#2 2 heldout",
            "train-images.idx3-ubyte#0 0 train",
            "train-images.idx3-ubyte#1 1 train",
            "train-images.idx3-ubyte#2 2 train");
    for (String part : List.of("train", "test")) {
      writeIdx("emnist/emnist-letters-" + part + "-images-idx3-ubyte", 2);
    }
    assertThat(new Readings().lines(Readings.guessed(), dir.resolve("emnist")))
        .containsExactly(
            "emnist-letters-test-images-idx3-ubyte#0 0 heldout",
            "emnist-letters-test-images-idx3-ubyte#1 1 heldout",
            "emnist-letters-train-images-idx3-ubyte#0 0 train",
            "emnist-letters-train-images-idx3-ubyte#1 1 train");
  }

  /** Pictures of 2 x 2, labelled by their number, and their labels' file. */
  private void writeIdx(String name, int count) throws IOException {
    Path images = dir.resolve(name);
    Files.createDirectories(images.getParent());
    ByteBuffer pixels = ByteBuffer.allocate(16 + count * 4);
    Files.write(images, pixels.putInt(0x803).putInt(count).putInt(2).putInt(2).array());
    ByteBuffer labels = ByteBuffer.allocate(8 + count).putInt(0x801).putInt(count);
    for (int i = 0; i < count; i++) {
      labels.put((byte) i);
    }
    String beside =
        images.getFileName().toString().replace("images", "labels").replace("idx3", "idx1");
    Files.write(images.resolveSibling(beside), labels.array());
  }

  @Test
  void archivesOfASplitAreHeldOut() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("cat/1.png", Readings.png());
    entries.put("dog/2.png", Readings.png());
    Readings.zip(dir.resolve("z/train.zip"), entries);
    Readings.zip(dir.resolve("z/test.zip"), entries);
    assertThat(readings.lines(Readings.guessed(), dir.resolve("z")))
        .containsExactly(
            "test.zip/cat/1.png cat heldout",
            "test.zip/dog/2.png dog heldout",
            "train.zip/cat/1.png cat train",
            "train.zip/dog/2.png dog train");
  }
}
