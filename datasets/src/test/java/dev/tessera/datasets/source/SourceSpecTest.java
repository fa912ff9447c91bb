package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tessera.datasets.InvalidDatasetException;
import dev.tessera.datasets.image.Pictures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SourceSpecTest {

  private static final Configuration CONF = new Configuration();

  @TempDir private Path dir;

  @Test
  void aGlobOfZipsReadsAllOfThem() throws Exception {
    writeZips();
    List<RawImage> all = read(dir + "/in/*.zip", true);
    assertThat(all).hasSize(9);
    assertThat(all.stream().map(RawImage::path))
        .doesNotHaveDuplicates()
        .contains("a.zip/cat/0.png", "b.zip/dog/1.png", "c.zip/ape/2.png");
  }

  @Test
  void zipsShareTheirClasses() throws Exception {
    writeZips();
    for (RawImage image : read(dir + "/in/*.zip", true)) {
      String folder = image.path().split("/", -1)[1];
      assertThat(image.label()).isEqualTo(List.of("ape", "cat", "dog").indexOf(folder));
    }
    assertThat(read(dir + "/in/a.zip", false)).allMatch(image -> image.label() == null);
  }

  @Test
  void aFolderOfZipsIsRead() throws Exception {
    writeZips();
    Files.move(dir.resolve("in/c.zip"), dir.resolve("in/c.ZIP"));
    Files.writeString(dir.resolve("in/._a.zip"), "what an archiver left");
    List<RawImage> all = read(dir + "/in", false);
    assertThat(all).hasSize(9);
    assertThat(all).allMatch(image -> image.content() instanceof RawImage.Encoded);
  }

  @Test
  void aZipAmongPicturesIsAFileLikeAnother() throws Exception {
    writeZips();
    writePicture("in/x.png", 1);
    assertThat(read(dir + "/in", false).stream().map(RawImage::path))
        .containsExactly("a.zip", "b.zip", "c.zip", "x.png");
  }

  @Test
  void globsOfPicturesAreExpanded() throws Exception {
    for (String name : List.of("p/cat/1.png", "p/cat/2.PNG", "p/dog/1.png", "p/dog/no.txt")) {
      writePicture(name, 1);
    }
    assertThat(read(dir + "/p/cat/*.png", false)).hasSize(1);
    List<RawImage> all = read(dir + "/p/*/*.{png,PNG}", true);
    assertThat(all.stream().map(RawImage::path))
        .containsExactly("cat/1.png", "cat/2.PNG", "dog/1.png");
    assertThat(all.stream().map(RawImage::label)).containsExactly(0, 0, 1);
    assertThat(read(dir + "/p/*/*", false)).hasSize(4);
    assertThat(read(dir + "/p/dog/1.pn?", false)).hasSize(1);
    assertThatThrownBy(() -> read(dir + "/p/bird/*.png", false))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("does not exist");
    assertThatThrownBy(() -> read(dir + "/p/dog/*.txt", false))
        .isInstanceOf(InvalidDatasetException.class)
        .hasMessageContaining("of no known kind");
  }

  @Test
  void foldersThatAPatternMatchesAreRead() throws Exception {
    for (String name : List.of("p/cat/1.png", "p/dog/a/2.png", "p/3.png", "p/.h/4.png")) {
      writePicture(name, 1);
    }
    assertThat(read(dir + "/p/*", false).stream().map(RawImage::path))
        .containsExactly("3.png", "cat/1.png", "dog/a/2.png");
    assertThat(read(dir + "/p/{cat,d*}", true).stream().map(RawImage::path))
        .containsExactly("cat/1.png", "dog/a/2.png");
    assertThat(read(dir + "/p/{dog,dog/a}", false)).hasSize(1);
    writeZips();
    assertThat(read(dir + "/i*", false)).hasSize(9);
  }

  @Test
  void bracketsInAFolderAreNoPattern() throws Exception {
    writePicture("[2019] x/1.png", 1);
    assertThat(read(dir + "/[2019] x/1.png", false)).hasSize(1);
  }

  /** All pictures, by any division into splits the same. */
  private static List<RawImage> read(String spec, boolean classPerFolder) throws IOException {
    ImageSource source = SourceSpec.parse(CONF, spec, SourceOptions.of(classPerFolder, 32));
    Listing listing = source.list(CONF);
    source = listing.reader();
    List<RawImage> all = read(source, listing, 1);
    assertThat(all).hasSize((int) listing.count());
    for (int splits = 2; splits < 5; splits++) {
      assertThat(read(source, listing, splits).stream().map(RawImage::path))
          .isEqualTo(all.stream().map(RawImage::path).toList());
    }
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).id()).isEqualTo(i);
    }
    return all;
  }

  private static List<RawImage> read(ImageSource source, Listing listing, int splits)
      throws IOException {
    List<RawImage> all = new ArrayList<>();
    for (Split split : listing.splits(splits)) {
      try (RawImages images = source.open(CONF, split)) {
        for (RawImage image = images.next(); image != null; image = images.next()) {
          all.add(image);
        }
      }
    }
    return all;
  }

  /** Three archives of three files, classes interleaved and not the same in all. */
  private void writeZips() throws IOException {
    Files.createDirectories(dir.resolve("in"));
    for (String name : List.of("a", "b", "c")) {
      Path file = dir.resolve("in/" + name + ".zip");
      try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
        for (int i = 0; i < 3; i++) {
          String folder = i == 1 ? "dog" : name.equals("c") ? "ape" : "cat";
          zip.putNextEntry(new ZipEntry(folder + "/" + i + ".png"));
          zip.write(Pictures.png(Pictures.noise(8, 8, i)));
        }
      }
    }
  }

  private void writePicture(String name, long seed) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, Pictures.png(Pictures.noise(8, 8, seed)));
  }

  @Test
  void filesOfEqualNamesAreToldApartByTheirKind() {
    List<SourceFiles.Found> files = new ArrayList<>();
    for (String name : List.of("a.parquet", "readme.txt", "readme.txt")) {
      files.add(new SourceFiles.Found("faulty:/x/" + name, name, 1, null));
    }
    ListingLog log = new ListingLog(found -> {});
    assertThat(Kind.PARQUET.among(files, log)).hasSize(1);
    assertThat(log.notes())
        .containsExactly(
            "files: 2 files are left aside, for the input is read as parquet: readme.txt,"
                + " readme.txt");
  }
}
