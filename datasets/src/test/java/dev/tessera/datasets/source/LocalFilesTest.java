package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.Pictures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What lies in people's folders: odd names, links, files that are none. */
class LocalFilesTest {

  private static final Configuration CONF = new Configuration();

  @TempDir private Path dir;

  private final ListingLog log = new ListingLog(found -> {});

  private void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, Pictures.png(Pictures.noise(8, 8, 1)));
  }

  private List<RawImage> read(String spec, SourceOptions options) throws IOException {
    Listing listing = SourceSpec.parse(CONF, List.of(spec), options).list(CONF, log);
    List<RawImage> all = new ArrayList<>();
    try (RawImages images = listing.reader().open(CONF, listing.splits(1).get(0))) {
      for (RawImage image = images.next(); image != null; image = images.next()) {
        all.add(image);
      }
    }
    assertThat(all).hasSize((int) listing.count());
    return all;
  }

  private List<RawImage> read() throws IOException {
    return read(dir.toString(), SourceOptions.of(false, 32));
  }

  @Test
  void noNameIsLostWhateverItIs() throws Exception {
    write(dir.resolve("2024-01-01 12:34:56.png"));
    write(dir.resolve("{x} what? st*r %41 #1.png"));
    write(dir.resolve("ok.png"));
    // A name in Latin-1: no String of this JVM makes it, a URI does.
    write(Path.of(URI.create(dir.toUri() + "latin1_%E9.png")));
    List<RawImage> all = read();
    assertThat(all.stream().map(RawImage::path))
        .containsExactlyInAnyOrder(
            "2024-01-01 12:34:56.png", "{x} what? st*r %41 #1.png", "ok.png", "latin1_\u00e9.png");
    assertThat(all).allMatch(image -> image.content() instanceof RawImage.Encoded);
    assertThat(log.notes()).contains("names: 1 name is no UTF-8, and shown as if Latin-1");
    assertThat(read(dir + "/{x} what? st*r %41 #1.png", SourceOptions.of(false, 32))).hasSize(1);
  }

  @Test
  void eachRealFileCountsOnce() throws Exception {
    write(dir.resolve("real.png"));
    write(dir.resolve("sub/x.png"));
    Files.createSymbolicLink(dir.resolve("sub/loop"), dir);
    Files.createSymbolicLink(dir.resolve("again.png"), dir.resolve("real.png"));
    Files.createSymbolicLink(dir.resolve("dangling.png"), dir.resolve("nothing.png"));
    List<RawImage> all = read();
    assertThat(all.stream().map(RawImage::path))
        .containsExactly("dangling.png", "real.png", "sub/x.png");
    assertThat(all.get(0).content()).isEqualTo(new RawImage.Unreadable("dangling link"));
    assertThat(log.notes())
        .contains("links: 2 links lead to what is listed anyway, and count as nothing");
  }

  @Test
  void oneStrayFileDecidesNothing() throws Exception {
    for (int i = 0; i < 3; i++) {
      write(dir.resolve(i + ".png"));
    }
    Files.write(dir.resolve("training_args.bin"), new byte[100]);
    Files.write(dir.resolve("metadata.parquet"), new byte[100]);
    assertThat(read()).hasSize(4);
  }

  @Test
  void wordsBesidePicturesAreCaptionsAndNoRows() throws Exception {
    for (int i = 0; i < 4; i++) {
      write(dir.resolve(i + ".png"));
    }
    Files.writeString(dir.resolve("0.txt"), "a cat\n");
    Files.writeString(dir.resolve("0.json"), "{}");
    Files.writeString(
        dir.resolve("metadata.csv"), "file_name,text\r\n1.png,\"a \"\"big\"\", dog\"\r\n");
    Files.writeString(
        dir.resolve("metadata.jsonl"), "{\"file_name\": \"2.png\", \"text\": \"a bird\"}\n");
    assertThat(read().stream().map(RawImage::caption))
        .containsExactly("a cat", "a \"big\", dog", "a bird", null);
  }

  @Test
  void patternsSelectFiles() throws Exception {
    write(dir.resolve("a/1.png"));
    write(dir.resolve("a/2.jpg"));
    write(dir.resolve("b/3.png"));
    SourceOptions all = SourceOptions.of(false, 32);
    SourceOptions some =
        new SourceOptions(
            false,
            32,
            Kind.AUTO,
            true,
            all.columns(),
            List.of("*.png"),
            List.of("b/*"),
            List.of(),
            SourceOptions.ZIP_NAMES);
    assertThat(read(dir.toString(), some).stream().map(RawImage::path)).containsExactly("a/1.png");
  }

  @Test
  void whatIsNotReadIsNamedForWhatItIs() throws Exception {
    Files.write(dir.resolve("data_batch_1"), new byte[100]);
    assertThatThrownBy(this::read)
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("CIFAR's form for Python");
    Files.write(dir.resolve("x.tar"), new byte[100]);
    assertThatThrownBy(() -> read(dir + "/x.tar", SourceOptions.of(false, 32)))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("a tar file");
  }

  @Test
  void severalInputsShareTheirClasses() throws Exception {
    write(dir.resolve("p/cat/1.png"));
    write(dir.resolve("p/dog/1.png"));
    write(dir.resolve("q/dog/1.png"));
    write(dir.resolve("q/owl/1.png"));
    Listing listing =
        SourceSpec.parse(CONF, List.of(dir + "/p", dir + "/q"), SourceOptions.of(true, 32))
            .list(CONF, log);
    assertThat(listing.classNames()).containsExactly("cat", "dog", "owl");
    List<String> seen = new ArrayList<>();
    for (Split split : listing.splits(3)) {
      try (RawImages images = listing.reader().open(CONF, split)) {
        for (RawImage image = images.next(); image != null; image = images.next()) {
          seen.add(image.id() + " " + image.path() + " " + image.label());
        }
      }
    }
    assertThat(seen)
        .containsExactly(
            "0 p/cat/1.png 0", "1 p/dog/1.png 1", "2 q/dog/1.png 1", "3 q/owl/1.png 2");
  }

  @Test
  void whatVanishesWhileItIsListedIsNoFailure() throws Exception {
    write(dir.resolve("a.png"));
    write(dir.resolve("b.png"));
    write(dir.resolve("sub/c.png"));
    Files.createSymbolicLink(dir.resolve("again.png"), dir.resolve("a.png"));
    Path gone = dir.resolve("a.png");
    ListingLog deleting =
        new ListingLog(
            found -> {
              if (found < 2) {
                return; // Both files of the folder are listed then, and not yet what is below.
              }
              try {
                Files.deleteIfExists(gone);
                Files.deleteIfExists(dir.resolve("sub/c.png"));
                Files.deleteIfExists(dir.resolve("sub"));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    List<SourceFiles.Found> found = LocalFiles.under(dir, deleting);
    assertThat(found.stream().map(SourceFiles.Found::relative)).contains("b.png");
    Listing listing =
        SourceSpec.parse(CONF, List.of(dir.toString()), SourceOptions.of(false, 32))
            .list(CONF, log);
    assertThat(listing.count()).isEqualTo(2);
    assertThatThrownBy(() -> LocalFiles.under(gone, log)).isInstanceOf(NoSuchFileException.class);
  }
}
