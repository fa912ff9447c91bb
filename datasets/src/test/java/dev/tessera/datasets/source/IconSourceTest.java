package dev.tessera.datasets.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tessera.datasets.image.RgbImage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;

class IconSourceTest {

  private static final Configuration CONF = new Configuration(false);

  @Test
  void catalogHoldsEveryIconAndFlagOfTheWebjars() throws Exception {
    Map<IconClass, List<Icon>> catalog = IconCatalog.load();
    assertThat(catalog.get(IconClass.FLAG)).hasSizeGreaterThanOrEqualTo(250);
    assertThat(catalog.values().stream().mapToInt(List::size).sum()).isGreaterThan(2_250);
    assertThat(catalog.values()).allSatisfy(icons -> assertThat(icons).hasSizeGreaterThan(25));
  }

  @Test
  void picturesDependOnSeedAndNumberAlone() throws Exception {
    IconSource source = new IconSource(60, 7, 32, List.of());
    List<RawImage> whole = read(source, 1);
    List<RawImage> parts = read(source, 7);
    assertThat(parts).hasSameSizeAs(whole);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(parts.get(i).path()).isEqualTo(whole.get(i).path());
      assertThat(pixels(parts.get(i))).isEqualTo(pixels(whole.get(i)));
    }
    List<RawImage> other = read(new IconSource(60, 8, 32, List.of()), 1);
    assertThat(pixels(other.get(1))).isNotEqualTo(pixels(whole.get(1)));
  }

  @Test
  void classesTakeTurnsAndCarryCaptions() throws Exception {
    IconSource source = new IconSource(12, 0, 16, List.of("flag", "cloud", "face"));
    assertThat(source.list(CONF).classNames()).containsExactly("flag", "cloud", "face");
    List<RawImage> images = read(source, 2);
    assertThat(images.stream().map(RawImage::label))
        .containsExactly(0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2);
    assertThat(images.get(0).caption()).isEqualTo("flag of Afghanistan");
    assertThat(images.get(1).caption()).isEqualTo("cloud");
  }

  /** Many a JDK of a server or container has no fonts, and fails when they are asked for. */
  @Test
  void noDrawingAsksForAFont() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                EveryDrawing.class.getName())
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    assertThat(said.lines())
        .anyMatch(line -> line.contains(" java.awt.Graphics2D "))
        .noneMatch(line -> line.contains(" sun.font.SunFontManager "));
  }

  /** Draws each icon and flag once. */
  static final class EveryDrawing {

    private EveryDrawing() {}

    public static void main(String[] arguments) throws Exception {
      IconRenderer renderer = new IconRenderer(8);
      SplittableRandom random = new SplittableRandom(1);
      for (List<Icon> icons : IconCatalog.load().values()) {
        for (Icon icon : icons) {
          renderer.render(icon, random);
        }
      }
    }
  }

  @Test
  void everyGlyphIsDrawnInMoreThanOneColour() throws Exception {
    for (RawImage image : read(new IconSource(400, 1, 32, List.of("symbol", "file")), 1)) {
      Set<Integer> colours = new HashSet<>();
      byte[] pixels = pixels(image);
      for (int i = 0; i < pixels.length; i += 3) {
        colours.add(Arrays.hashCode(Arrays.copyOfRange(pixels, i, i + 3)));
      }
      assertThat(colours).as(image.path()).hasSizeGreaterThan(1);
    }
  }

  @Test
  void palettesKeepTheirContrast() {
    SplittableRandom random = new SplittableRandom(1);
    for (IconClass family : IconClass.values()) {
      for (int i = 0; i < 200 && family.palettes().length > 0; i++) {
        assertThat(IconPalette.draw(family, random).contrast())
            .as(family.label())
            .isGreaterThanOrEqualTo(IconPalette.MIN_CONTRAST);
      }
    }
  }

  private static List<RawImage> read(IconSource source, int splits) throws Exception {
    List<RawImage> images = new ArrayList<>();
    for (Split split : source.list(CONF).splits(splits)) {
      try (RawImages reader = source.open(CONF, split)) {
        for (RawImage image = reader.next(); image != null; image = reader.next()) {
          images.add(image);
        }
      }
    }
    return images;
  }

  private static byte[] pixels(RawImage image) {
    RgbImage decoded = ((RawImage.Decoded) image.content()).image();
    return decoded.pixels();
  }
}
