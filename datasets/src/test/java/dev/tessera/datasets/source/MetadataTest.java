package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tables beside pictures, as the {@code datasets} library's ImageFolder has them. */
class MetadataTest {

  @TempDir private Path dir;

  private final Readings readings = new Readings();

  private void pictures(String... names) throws IOException {
    for (String name : names) {
      Readings.picture(dir.resolve(name));
    }
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(dir.resolve(name), text);
  }

  @Test
  void labelsOfACsvCountBeforeFolders() throws Exception {
    pictures("a/1.png", "a/2.png", "b/3.png", "b/4.png");
    write(
        "metadata.csv",
        "file_name,label,text\r\na/1.png,dog,\"a \"\"big\"\", dog\"\r\n./a/2.png,cat,\r\n"
            + "b\\3.png,dog,x\r\n"
            + "gone.png,owl,y\r\n");
    assertThat(readings.lines(Readings.guessed(), dir))
        .containsExactly(
            "a/1.png dog - a \"big\", dog", "a/2.png cat -", "b/3.png dog - x", "b/4.png - -");
    assertThat(readings.notes())
        .containsExactly(
            "metadata: 4 pictures in metadata.csv, label from label, caption from text",
            "classes: cat, dog, owl from metadata.csv, which counts before folders"
                + " (columns.label=none leaves it)",
            "metadata: 1 name is of no picture: gone.png",
            "metadata: 1 picture is in no table, and without a class");
  }

  @Test
  void eachSplitMayHaveItsOwn() throws Exception {
    pictures("train/1.png", "train/2.png", "test/1.png");
    write(
        "train/metadata.jsonl",
        "{\"file_name\": \"1.png\", \"label\": 3}\n\n{\"file_name\": \"2.png\", \"label\": 0}\n");
    write("test/metadata.jsonl", "{\"file_name\": \"1.png\", \"label\": -1}\n");
    // Farther away than the one beside the picture.
    write("metadata.csv", "file_name,label\ntrain/1.png,9\n");
    assertThat(readings.lines(Readings.guessed(), dir))
        .containsExactly("test/1.png - heldout", "train/1.png 3 train", "train/2.png 0 train");
  }

  @Test
  void aByteOrderMarkIsNoPartOfAnyText() throws Exception {
    pictures("a/1.png", "b/2.png");
    write("a/metadata.jsonl", "\ufeff{\"file_name\": \"1.png\", \"label\": \"cat\"}\n");
    write("b/metadata.csv", "\ufefffile_name,label\n2.png,dog\n");
    write("b/2.txt", "\ufeffa dog\n");
    assertThat(readings.lines(Readings.guessed(), dir))
        .containsExactly("a/1.png cat -", "b/2.png dog - a dog");
    Files.createDirectory(dir.resolve("cifar"));
    Files.write(dir.resolve("cifar/data_batch_1.bin"), new byte[3073]);
    write("cifar/batches.meta.txt", "\ufeffairplane\nautomobile\n");
    assertThat(new Readings().lines(Readings.guessed(), dir.resolve("cifar")))
        .containsExactly("data_batch_1.bin#0 airplane -");
  }

  @Test
  void aGuessedColumnThatSaysNothingLeavesTheClassesToFolders() throws Exception {
    pictures("a/1.png", "b/2.png");
    write("metadata.csv", "file_name,label,text\na/1.png,,one\nb/2.png, ,two\n");
    write("b/metadata.jsonl", "{\"file_name\": \"2.png\", \"label\": null}\n");
    assertThat(readings.lines(Readings.guessed(), dir))
        .containsExactly("a/1.png a - one", "b/2.png b -");
    assertThat(readings.notes())
        .contains(
            "classes: none from b/metadata.jsonl, metadata.csv, where no row has a label",
            "classes: a, b from folders");

    Columns asked = new Columns(Columns.AUTO, "label", Columns.AUTO, Columns.NONE);
    assertThat(new Readings().lines(Readings.columns(asked), dir))
        .containsExactly("a/1.png - - one", "b/2.png - -");

    write("b/metadata.jsonl", "{\"file_name\": \"2.png\", \"label\": 0}\n");
    assertThat(new Readings().lines(Readings.guessed(), dir))
        .containsExactly("a/1.png - - one", "b/2.png 0 -");
  }

  @Test
  void columnsAreNamedByTheUser() throws Exception {
    pictures("a/1.png", "b/2.png");
    write("metadata.csv", "file_name,label,kind,words\na/1.png,x,1.0,hello\nb/2.png,y,,bye\n");
    Columns kind = new Columns(Columns.AUTO, "kind", "words", Columns.NONE);
    assertThat(readings.lines(Readings.columns(kind), dir))
        .containsExactly("a/1.png 1 - hello", "b/2.png - - bye");
    Columns none = new Columns(Columns.AUTO, Columns.NONE, Columns.NONE, Columns.NONE);
    assertThat(new Readings().lines(Readings.columns(none), dir))
        .containsExactly("a/1.png a -", "b/2.png b -");
    Columns wrong = new Columns(Columns.AUTO, "nothing", Columns.AUTO, Columns.NONE);
    assertThatThrownBy(() -> new Readings().lines(Readings.columns(wrong), dir))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessage(
            "metadata.csv has no column nothing (columns.label; its columns: file_name, label, kind,"
                + " words)");
  }

  @Test
  void tablesThatNameNoFilesAreToldAndDamagedOnesRefused() throws Exception {
    pictures("1.png");
    write("metadata.csv", "name,label\n1.png,x\n");
    assertThat(readings.lines(Readings.guessed(), dir)).containsExactly("1.png - -");
    assertThat(readings.notes())
        .contains(
            "metadata: metadata.csv is left aside, for it has no column file_name (its columns:"
                + " name, label)");
    write("metadata.jsonl", "{\"file_name\": \"1.png\"}\n{\"file_name\"\n");
    assertThatThrownBy(() -> new Readings().lines(Readings.guessed(), dir))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageStartingWith("metadata.jsonl is no JSON in line 2: mend it");
  }

  @Test
  void moreLabelsThanClassesCanBeAreRefused() throws Exception {
    pictures("1.png");
    StringBuilder text = new StringBuilder("file_name,label\n");
    for (int i = 0; i <= 100_000; i++) {
      text.append(i).append(".png,label ").append(i).append('\n');
    }
    write("metadata.csv", text.toString());
    assertThatThrownBy(() -> readings.lines(Readings.guessed(), dir))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("more than 100,000 different values");
  }

  @Test
  void zipsHaveThemToo() throws Exception {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a/1.png", Readings.png());
    entries.put("a/1.txt", "one\n".getBytes(StandardCharsets.UTF_8));
    entries.put("a/2.png", Readings.png());
    entries.put(
        "a/metadata.csv",
        "file_name,label\n1.png,cat\n2.png,dog\n".getBytes(StandardCharsets.UTF_8));
    Readings.zip(dir.resolve("x.zip"), entries);
    assertThat(readings.lines(Readings.guessed(), dir.resolve("x.zip")))
        .containsExactly("a/1.png cat - one", "a/2.png dog -");
  }

  @Test
  void onlyATextOfTheSameNameAndOfWordsIsACaption() throws Exception {
    pictures("1.png", "2.png", "3.png");
    write("1.txt", "a cat\n");
    write("2.txt", "0 0.5 .25 1e-3 0.1\n3 0.1 0.2 0.3 0.4\n");
    write("classes.txt", "cat\ndog\n");
    assertThat(readings.lines(Readings.guessed(), dir))
        .containsExactly("1.png - - a cat", "2.png - -", "3.png - -", "classes.txt - -");
    Files.delete(dir.resolve("1.txt"));
    assertThat(new Readings().lines(Readings.guessed(), dir)).contains("2.png - -");
  }
}
