package dev.tessera.datasets.image;

import java.util.List;
import java.util.Locale;

/**
 * A value of Spark's {@code image} data source: pixels row by row as OpenCV keeps them.
 *
 * @param channels bytes of a pixel: grey; blue, green, red; or these and opacity
 * @param mode OpenCV's type: 0 (CV_8UC1), 16 (CV_8UC3), 24 (CV_8UC4); -1 where Spark could not read
 * @param data uint8 [height, width, channels]; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared or hashed.
public record SparkImage(int width, int height, int channels, int mode, byte[] data) {

  private static final List<String> DEPTHS =
      List.of("8U", "8S", "16U", "16S", "32S", "32F", "64F", "16F");
  private static final List<Integer> READ = List.of(0, 16, 24);

  /** Checks all but the size, of which the decoder's settings say how large it may be. */
  void check() throws UnreadableImageException {
    if (mode < 0) {
      throw new UnreadableImageException("empty: Spark's image source could not read the file");
    }
    int known = (mode >> 3) + 1;
    if (!READ.contains(mode)) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "unsupported pixels: OpenCV's mode %d, CV_%sC%d (expected: 0, 16 or 24: CV_8UC1,"
                  + " CV_8UC3, CV_8UC4)",
              mode,
              DEPTHS.get(mode & 7),
              known));
    }
    if (channels != known || data.length != (long) width * height * known) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "damaged pixels: %d bytes for %dx%d of %d channels in mode %d",
              data.length,
              width,
              height,
              channels,
              mode));
    }
  }

  /** Red, green, blue, seen over a background of 0xRRGGBB; opacity is not premultiplied. */
  RgbImage over(int background) {
    RgbImage result = RgbImage.blank(width, height);
    byte[] opacity = channels == 4 ? new byte[width * height] : null;
    byte[] pixels = result.pixels();
    for (int i = 0, from = 0, to = 0; from < data.length; i++, from += channels, to += 3) {
      pixels[to] = data[channels == 1 ? from : from + 2];
      pixels[to + 1] = data[channels == 1 ? from : from + 1];
      pixels[to + 2] = data[from];
      if (opacity != null) {
        opacity[i] = data[from + 3];
      }
    }
    return new StraightImage(result, opacity, channels == 1).over(background);
  }
}
