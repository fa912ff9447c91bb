package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.image.Pictures;
import dev.tessera.datasets.table.Subset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;

/** What inputs are read as, with what the listing said. */
final class Readings {

  private static final Configuration CONF = new Configuration();

  private final ListingLog log = new ListingLog(found -> {});
  private Listing listing;

  /** Everything guessed, folders being classes. */
  static SourceOptions guessed() {
    return SourceOptions.of(true, 32);
  }

  static SourceOptions heldout(String... patterns) {
    SourceOptions all = guessed();
    return new SourceOptions(
        true,
        32,
        Kind.AUTO,
        true,
        all.columns(),
        List.of(),
        List.of(),
        List.of(patterns),
        SourceOptions.ZIP_NAMES);
  }

  static SourceOptions columns(Columns columns) {
    return new SourceOptions(
        true,
        32,
        Kind.AUTO,
        true,
        columns,
        List.of(),
        List.of(),
        List.of(),
        SourceOptions.ZIP_NAMES);
  }

  static SourceOptions zipNames(String charset) {
    return new SourceOptions(
        true, 32, Kind.AUTO, true, Columns.defaults(), List.of(), List.of(), List.of(), charset);
  }

  List<RawImage> of(List<String> specs, SourceOptions options) throws IOException {
    listing = SourceSpec.parse(CONF, specs, options).list(CONF, log);
    List<RawImage> all = new ArrayList<>();
    for (Split split : listing.splits(2)) {
      try (RawImages images = listing.reader().open(CONF, split)) {
        for (RawImage image = images.next(); image != null; image = images.next()) {
          all.add(image);
        }
      }
    }
    assertThat(all).hasSize((int) listing.count());
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).id()).isEqualTo(i);
    }
    return all;
  }

  /** Lines such as {@code a/1.png cat heldout "words"}, with a dash for what there is not. */
  List<String> lines(SourceOptions options, Object... specs) throws IOException {
    List<String> lines = new ArrayList<>();
    List<String> inputs = new ArrayList<>();
    for (Object spec : specs) {
      inputs.add(spec.toString());
    }
    for (RawImage image : of(inputs, options)) {
      lines.add(
          image.path()
              + " "
              + (image.label() == null ? "-" : listing.classNames().get(image.label()))
              + " "
              + (image.split() == null ? "-" : image.split() == Subset.TRAIN ? "train" : "heldout")
              + (image.caption() == null ? "" : " " + image.caption()));
    }
    return lines;
  }

  List<String> notes() {
    return log.notes();
  }

  static void picture(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    Files.write(file, png());
  }

  static byte[] png() throws IOException {
    return Pictures.png(Pictures.noise(8, 8, 1));
  }

  /** A zip of entries in order. */
  static void zip(Path file, Map<String, byte[]> entries) throws IOException {
    Files.createDirectories(file.getParent());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        zip.putNextEntry(new ZipEntry(entry.getKey()));
        zip.write(entry.getValue());
      }
    }
    Files.write(file, bytes.toByteArray());
  }
}
