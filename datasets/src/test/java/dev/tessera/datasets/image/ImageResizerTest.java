package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ImageResizerTest {

  @Test
  void keepsConstantsExactly() {
    Random random = new Random(1);
    for (ResizeFilter filter : ResizeFilter.values()) {
      ImageResizer resizer = new ImageResizer(filter);
      for (int i = 0; i < 200; i++) {
        RgbImage flat = RgbImage.blank(1 + random.nextInt(70), 1 + random.nextInt(70));
        byte value = (byte) random.nextInt(256);
        Arrays.fill(flat.pixels(), value);
        RgbImage resized = resizer.resize(flat, 1 + random.nextInt(90), 1 + random.nextInt(90));
        assertThat(resized.pixels()).containsOnly(value);
      }
    }
  }

  @Test
  void sumsWeightsToExactlyOne() {
    for (ResizeFilter filter : ResizeFilter.values()) {
      for (int source = 1; source < 40; source++) {
        for (int target = 1; target < 40; target++) {
          ResizeWeights axis = ResizeWeights.of(source, target, filter);
          for (int i = 0; i < target; i++) {
            assertThat(Arrays.stream(axis.weights()[i]).sum()).isEqualTo(1 << ResizeWeights.BITS);
            assertThat(axis.first()[i]).isBetween(0, source - axis.weights()[i].length);
          }
        }
      }
    }
  }

  @Test
  void averagesWhatItShrinks() {
    // Stripes of one pixel alias to black or white without a filter; with one they are grey.
    RgbImage stripes = RgbImage.blank(64, 64);
    for (int i = 0; i < stripes.pixels().length; i++) {
      stripes.pixels()[i] = (byte) (i / 3 % 2 == 0 ? 255 : 0);
    }
    for (ResizeFilter filter : ResizeFilter.values()) {
      RgbImage small = new ImageResizer(filter).resize(stripes, 16, 16);
      for (int x = 2; x < 14; x++) {
        assertThat(small.at(x, 8, 0)).isCloseTo(128, within(3));
      }
    }
  }

  @Test
  void interpolatesLinearlyUpwards() {
    RgbImage two = new RgbImage(2, 1, new byte[] {0, 0, 0, 100, 100, 100});
    RgbImage four = new ImageResizer(ResizeFilter.TRIANGLE).resize(two, 4, 1);
    assertThat(new int[] {four.at(0, 0, 0), four.at(1, 0, 0), four.at(2, 0, 0), four.at(3, 0, 0)})
        .containsExactly(0, 25, 75, 100);
  }

  @Test
  void agreesWithAFloatingPointSumOfTheKernel() {
    Random random = new Random(4);
    for (int i = 0; i < 30; i++) {
      int n = 3 + random.nextInt(40);
      int m = 2 + random.nextInt(40);
      RgbImage row = Pictures.noise(n, 1, i);
      RgbImage resized = new ImageResizer(ResizeFilter.TRIANGLE).resize(row, m, 1);
      double scale = (double) n / m;
      double stretch = Math.max(1, scale);
      for (int x = 0; x < m; x++) {
        double sum = 0;
        double weights = 0;
        for (int j = 0; j < n; j++) {
          double w = Math.max(0, 1 - Math.abs((j + 0.5 - (x + 0.5) * scale) / stretch));
          sum += w * row.at(j, 0, 1);
          weights += w;
        }
        assertThat((double) resized.at(x, 0, 1)).isCloseTo(sum / weights, within(0.51));
      }
    }
  }

  @Test
  void fitsSquaresByEveryCrop() {
    RgbImage wide = RgbImage.blank(40, 20);
    for (int y = 0; y < 20; y++) {
      for (int x = 0; x < 40; x++) {
        wide.pixels()[(y * 40 + x) * 3] = (byte) (x < 10 ? 200 : x < 30 ? 100 : 50);
      }
    }
    RgbImage centre = fit(Crop.CENTER).apply(wide);
    assertThat(centre.at(0, 5, 0)).isEqualTo(100);
    assertThat(centre.at(9, 5, 0)).isEqualTo(100);
    RgbImage padded = fit(Crop.PAD).apply(wide);
    assertThat(new int[] {padded.at(5, 0, 0), padded.at(5, 0, 1), padded.at(5, 0, 2)})
        .containsExactly(1, 2, 3);
    assertThat(padded.at(5, 5, 0)).isEqualTo(100);
    assertThat(fit(Crop.NONE).apply(wide).pixels()).isEqualTo(padded.pixels());
    RgbImage small = Pictures.noise(5, 4, 3);
    RgbImage untouched = fit(Crop.NONE).apply(small);
    assertThat(untouched.region(2, 3, 5, 4).pixels()).isEqualTo(small.pixels());
    assertThat(new int[] {untouched.at(1, 3, 0), untouched.at(7, 3, 1), untouched.at(2, 7, 2)})
        .containsExactly(1, 2, 3);
    RgbImage stretched = fit(Crop.STRETCH).apply(wide);
    assertThat(stretched.at(0, 0, 0)).isEqualTo(200);
    assertThat(stretched.at(9, 9, 0)).isEqualTo(50);
  }

  @Test
  void encodesPngThatOthersRead() throws Exception {
    try (PngEncoder encoder = new PngEncoder()) {
      for (int seed = 0; seed < 60; seed++) {
        RgbImage image =
            seed % 2 == 0
                ? Pictures.noise(1 + seed, 1 + seed % 7, seed)
                : Pictures.smooth(1 + seed, 1 + seed % 7, seed);
        byte[] png = encoder.encode(image);
        assertThat(Pictures.readByJdk(png).pixels()).isEqualTo(image.pixels());
        assertThat(new ImageDecoder().decode(png).pixels()).isEqualTo(image.pixels());
      }
    }
  }

  private static SquareFit fit(Crop crop) {
    return new SquareFit(10, crop, 0x010203, ResizeFilter.TRIANGLE);
  }
}
