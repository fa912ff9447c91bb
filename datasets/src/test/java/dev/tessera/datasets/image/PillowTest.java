package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pictures of many kinds against the pixels that Pillow reads of them: a set that is kept here, and
 * the same made anew by whatever Pillow there is. {@code variants.py} makes both and says by which
 * rules.
 */
class PillowTest {

  private static final String SCRIPT = "/pictures/variants.py";

  @TempDir Path folder;

  @Test
  void keptPicturesHavePillowsPixels() throws Exception {
    Map<String, byte[]> files = new HashMap<>();
    try (InputStream in = PillowTest.class.getResourceAsStream("/pictures/golden.zip");
        ZipInputStream zip = new ZipInputStream(in)) {
      for (ZipEntry e = zip.getNextEntry(); e != null; e = zip.getNextEntry()) {
        files.put(e.getName(), zip.readAllBytes());
      }
    }
    check(files);
  }

  @Test
  void freshPicturesHavePillowsPixels() throws Exception {
    String python = System.getenv("TESSERA_PYTHON");
    assumeTrue(python != null, "needs a Python with Pillow and numpy; name it by TESSERA_PYTHON");
    Path script = folder.resolve("variants.py");
    try (InputStream in = PillowTest.class.getResourceAsStream(SCRIPT)) {
      Files.copy(in, script);
    }
    Path out = Files.createDirectory(folder.resolve("out"));
    Process process =
        new ProcessBuilder(python, script.toString(), out.toString())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    Map<String, byte[]> files = new HashMap<>();
    try (var paths = Files.list(out)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        files.put(path.getFileName().toString(), Files.readAllBytes(path));
      }
    }
    check(files);
  }

  private static void check(Map<String, byte[]> files) throws IOException {
    List<String> wrong = new ArrayList<>();
    String index = new String(files.get("index.tsv"), StandardCharsets.UTF_8);
    List<String> lines = index.lines().toList();
    try (ImageDecoder decoder = new ImageDecoder()) {
      for (String line : lines) {
        String[] cells = line.split("\t", -1);
        String difference = difference(decoder, files, cells);
        if (difference != null) {
          wrong.add(cells[0] + " (" + cells[6] + "): " + difference);
        }
      }
    }
    assertThat(lines).hasSizeGreaterThan(100);
    assertThat(wrong).isEmpty();
  }

  private static String difference(
      ImageDecoder decoder, Map<String, byte[]> files, String[] cells) {
    byte[] expected = files.get(cells[0] + ".rgb");
    RgbImage image;
    try {
      image = decoder.decode(files.get(cells[1]), cells[1]).image();
      for (ResizeFilter filter : ResizeFilter.values()) {
        if (filter.name().toLowerCase(Locale.ROOT).equals(cells[6])) {
          image =
              new ImageResizer(filter)
                  .resize(image, Integer.parseInt(cells[2]), Integer.parseInt(cells[3]));
        }
      }
    } catch (UnreadableImageException e) {
      return e.getMessage();
    }
    if (image.width() != Integer.parseInt(cells[2])
        || image.height() != Integer.parseInt(cells[3])) {
      return image.width() + "x" + image.height() + " for " + cells[2] + "x" + cells[3];
    }
    long sum = 0;
    int most = 0;
    for (int i = 0; i < expected.length; i++) {
      int error = Math.abs((expected[i] & 0xff) - (image.pixels()[i] & 0xff));
      sum += error;
      most = Math.max(most, error);
    }
    double mean = sum / (double) expected.length;
    return mean <= Double.parseDouble(cells[4]) && most <= Integer.parseInt(cells[5])
        ? null
        : String.format(Locale.ROOT, "mean error %.3f, largest %d", mean, most);
  }
}
