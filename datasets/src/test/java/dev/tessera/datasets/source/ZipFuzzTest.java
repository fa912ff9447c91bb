package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.InvalidDatasetException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Zips whose directories were damaged: each is refused in a sentence that names it, or read with
 * every file as it was or for the quarantine. Nothing else is thrown, and no file is invented.
 */
class ZipFuzzTest {

  private static final int FILES = 6;
  private static final Set<Long> CONTENTS =
      IntStream.range(0, FILES).mapToObj(i -> crc(content(i))).collect(Collectors.toSet());

  @TempDir private Path dir;
  private final Configuration conf = new Configuration();

  /** What became of many archives. */
  private record Outcome(int refused, int read, int quarantined) {}

  @Test
  void damagedDirectoriesEndInASentenceOrTheQuarantine() throws Exception {
    Outcome outcome = fuzz(1, 2_000);
    assertThat(outcome.refused()).isPositive();
    assertThat(outcome.read()).isPositive();
    assertThat(outcome.quarantined()).isPositive();
  }

  @Test
  @Tag("soak")
  void andSoDoVeryMany() throws Exception {
    assertThat(fuzz(2, 100_000).refused()).isPositive();
  }

  private Outcome fuzz(long seed, int rounds) throws Exception {
    Random random = new Random(seed);
    List<byte[]> archives = List.of(packed(), stored(), zip64(), prefixed());
    int refused = 0;
    int read = 0;
    int quarantined = 0;
    Path file = dir.resolve("a.zip");
    for (byte[] archive : archives) {
      Files.write(file, archive);
      assertThat(images(file))
          .hasSize(FILES)
          .allMatch(image -> image.content() instanceof RawImage.Encoded);
    }
    for (int round = 0; round < rounds; round++) {
      byte[] archive = archives.get(round % archives.size()).clone();
      mutate(archive, random);
      Files.write(file, archive);
      try {
        for (RawImage image : images(file)) {
          // A directory may come to say that a file is empty: that is no picture either.
          if (image.content() instanceof RawImage.Encoded encoded && encoded.bytes().length > 0) {
            read++;
            assertThat(CONTENTS).as("round %d", round).contains(crc(encoded.bytes()));
          } else {
            quarantined++;
            if (image.content() instanceof RawImage.Unreadable unreadable) {
              assertThat(unreadable.reason()).isNotBlank();
            }
          }
        }
      } catch (InvalidDatasetException e) {
        refused++;
        assertThat(e).as("round %d", round).hasMessageContaining("a.zip");
      } catch (IOException | RuntimeException e) {
        throw new AssertionError("round " + round + " of seed " + seed, e);
      }
    }
    return new Outcome(refused, read, quarantined);
  }

  private List<RawImage> images(Path file) throws IOException {
    ZipSource source =
        new ZipSource(InputFiles.of(file.toString()), false, false, Columns.defaults(), "IBM437");
    Listing listing = source.list(conf);
    List<RawImage> images = new ArrayList<>();
    for (Split split : listing.splits(2)) {
      try (RawImages open = listing.reader().open(conf, split)) {
        for (RawImage image = open.next(); image != null; image = open.next()) {
          images.add(image);
        }
      }
    }
    assertThat(images).hasSize((int) listing.count());
    return images;
  }

  /** Sizes and places that are no numbers of bytes. */
  @Test
  void anEntryOfLessThanNothingIsQuarantined() throws Exception {
    for (int field = 0; field < 3; field++) {
      byte[] archive = zip64();
      ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
      int extra = directory(archive) + 46 + "dog/0.png".length() + 4;
      bytes.putLong(extra + Long.BYTES * field, -(1L << (33 + 10 * field)) - 5);
      Path file = Files.write(dir.resolve("a.zip"), archive);
      List<RawImage> images = images(file);
      assertThat(images).hasSize(FILES);
      assertThat(images.get(0).content()).isInstanceOf(RawImage.Unreadable.class);
      assertThat(images.get(1).content()).isInstanceOf(RawImage.Encoded.class);
    }
  }

  /** A few bytes, mostly of the directory and the records behind it; or an end that is cut off. */
  private static void mutate(byte[] archive, Random random) {
    int directory = directory(archive);
    for (int i = random.nextInt(4); i >= 0; i--) {
      int from = random.nextInt(8) == 0 ? 0 : directory;
      int at = from + random.nextInt(archive.length - from);
      switch (random.nextInt(4)) {
        case 0 -> archive[at] = (byte) random.nextInt();
        case 1 -> archive[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> fill(archive, at, 8, (byte) (random.nextBoolean() ? 0xff : 0x7f));
        default -> fill(archive, at, 4, (byte) 0);
      }
    }
  }

  private static void fill(byte[] archive, int at, int count, byte value) {
    for (int i = at; i < Math.min(archive.length, at + count); i++) {
      archive[i] = value;
    }
  }

  private static int directory(byte[] archive) {
    ByteBuffer bytes = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < archive.length - 4; at++) {
      if (bytes.getInt(at) == 0x02014b50) {
        return at;
      }
    }
    throw new AssertionError("no directory");
  }

  private static byte[] content(int number) {
    byte[] bytes = new byte[200 + 37 * number];
    new Random(number).nextBytes(bytes);
    return bytes;
  }

  private static long crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return crc.getValue();
  }

  private static byte[] packed() throws IOException {
    return archive(ZipEntry.DEFLATED);
  }

  private static byte[] stored() throws IOException {
    return archive(ZipEntry.STORED);
  }

  private static byte[] archive(int method) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (int i = 0; i < FILES; i++) {
        ZipEntry entry = new ZipEntry("cat/" + i + ".png");
        entry.setMethod(method);
        entry.setSize(content(i).length);
        entry.setCompressedSize(method == ZipEntry.STORED ? content(i).length : -1);
        entry.setCrc(crc(content(i)));
        zip.putNextEntry(entry);
        zip.write(content(i));
      }
    }
    return bytes.toByteArray();
  }

  /** Something before the archive, as of one that unpacks itself. */
  private static byte[] prefixed() throws IOException {
    byte[] archive = packed();
    byte[] before = "#!/bin/sh\\n".getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(before.length + archive.length).put(before).put(archive).array();
  }

  /** Sizes and places in extra fields, an end record of 64 bits and its locator. */
  private static byte[] zip64() {
    ByteBuffer out = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    long[] places = new long[FILES];
    for (int i = 0; i < FILES; i++) {
      places[i] = out.position();
      byte[] name = ("dog/" + i + ".png").getBytes(StandardCharsets.US_ASCII);
      out.putInt(0x04034b50).putShort((short) 45).putShort((short) 0).putShort((short) 0);
      out.putInt(0).putInt((int) crc(content(i))).putInt(-1).putInt(-1);
      out.putShort((short) name.length).putShort((short) 20).put(name);
      out.putShort((short) 1).putShort((short) 16);
      out.putLong(content(i).length).putLong(content(i).length).put(content(i));
    }
    long directory = out.position();
    for (int i = 0; i < FILES; i++) {
      byte[] name = ("dog/" + i + ".png").getBytes(StandardCharsets.US_ASCII);
      out.putInt(0x02014b50).putShort((short) 45).putShort((short) 45).putShort((short) 0);
      out.putShort((short) 0).putInt(0).putInt((int) crc(content(i))).putInt(-1).putInt(-1);
      out.putShort((short) name.length).putShort((short) 28).putShort((short) 0);
      out.putShort((short) 0).putShort((short) 0).putInt(0).putInt(-1).put(name);
      out.putShort((short) 1).putShort((short) 24);
      out.putLong(content(i).length).putLong(content(i).length).putLong(places[i]);
    }
    long end = out.position();
    out.putInt(0x06064b50).putLong(44).putShort((short) 45).putShort((short) 45).putInt(0);
    out.putInt(0).putLong(FILES).putLong(FILES).putLong(end - directory).putLong(directory);
    out.putInt(0x07064b50).putInt(0).putLong(end).putInt(1);
    out.putInt(0x06054b50).putShort((short) 0).putShort((short) 0).putShort((short) -1);
    out.putShort((short) -1).putInt(-1).putInt(-1).putShort((short) 0);
    byte[] archive = new byte[out.position()];
    out.flip().get(archive);
    return archive;
  }
}
