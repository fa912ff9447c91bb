package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RasterConversionTest {

  private static final int WIDTH = 13;
  private static final int HEIGHT = 7;

  private static BufferedImage filled(int type, int[] rgb) {
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, type);
    image.setRGB(0, 0, WIDTH, HEIGHT, rgb, 0, WIDTH);
    return image;
  }

  private static RgbImage toRgb(BufferedImage image) throws UnreadableImageException {
    return RasterConversion.straight(image).over(0xffffff);
  }

  @Test
  void bytesInAnyOrderAndPartsOfPicturesGiveTheSamePixels() throws Exception {
    int[] rgb = new Random(4).ints(WIDTH * HEIGHT).map(i -> i & 0xffffff).toArray();
    // Packed integers are read through the raster's own methods, bytes as they lie.
    BufferedImage packed = filled(BufferedImage.TYPE_INT_RGB, rgb);
    BufferedImage bytes = filled(BufferedImage.TYPE_3BYTE_BGR, rgb);

    RgbImage whole = toRgb(packed);
    assertThat(whole.at(2, 1, 0)).isEqualTo(rgb[WIDTH + 2] >> 16);
    assertThat(toRgb(bytes).pixels()).isEqualTo(whole.pixels());
    RgbImage part = toRgb(bytes.getSubimage(3, 2, 5, 4));
    assertThat(part.pixels()).isEqualTo(toRgb(packed.getSubimage(3, 2, 5, 4)).pixels());
    assertThat(part.pixels()).isEqualTo(whole.region(3, 2, 5, 4).pixels());
  }

  @Test
  void planesComeBackAsTheyWere() throws Exception {
    int[] rgb = new Random(5).ints(WIDTH * HEIGHT).toArray();
    RgbImage image = toRgb(filled(BufferedImage.TYPE_3BYTE_BGR, rgb));
    ByteBuffer planes = ByteBuffer.allocate(3 * WIDTH * HEIGHT);
    image.putPlanar(planes);
    assertThat(planes.get(2 * WIDTH * HEIGHT + 4) & 0xff).isEqualTo(image.at(4, 0, 2));
    assertThat(RgbImage.fromPlanar(WIDTH, HEIGHT, planes.flip()).pixels())
        .isEqualTo(image.pixels());
  }
}
