package dev.tessera.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class GridTest {

  private static BufferedImage image(byte[] png) throws Exception {
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  private static List<byte[]> random(int count, int bytes, long seed) {
    Random random = new Random(seed);
    List<byte[]> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] picture = new byte[bytes];
      random.nextBytes(picture);
      pictures.add(picture);
    }
    return pictures;
  }

  private static int pixel(byte[] rgb, int at) {
    return ((rgb[at * 3] & 0xff) << 16)
        | ((rgb[at * 3 + 1] & 0xff) << 8)
        | (rgb[at * 3 + 2] & 0xff);
  }

  @Test
  void everyPixelIsASquareAtItsPlace() throws Exception {
    List<byte[]> pictures = random(5, 4 * 3 * 3, 1);
    BufferedImage sheet = image(new Grid(4, 3, 2, 5).png(pictures));

    assertThat(sheet.getWidth()).isEqualTo(2 * 20 + 2);
    assertThat(sheet.getHeight()).isEqualTo(3 * 15 + 4);
    for (int i = 0; i < 5; i++) {
      for (int y = 0; y < 15; y++) {
        for (int x = 0; x < 20; x++) {
          int drawn = sheet.getRGB(i % 2 * 22 + x, i / 2 * 17 + y) & 0xffffff;
          assertThat(drawn).isEqualTo(pixel(pictures.get(i), y / 5 * 4 + x / 5));
        }
      }
    }
    assertThat(sheet.getRGB(30, 40)).isEqualTo(0xffffffff);
  }

  @Test
  void aReconstructionStandsBelowItsOriginal() throws Exception {
    List<byte[]> originals = random(5, 3, 2);
    List<byte[]> reconstructions = random(5, 3, 3);
    BufferedImage sheet = image(new Grid(1, 1, 3, 1).pairs(originals, reconstructions));

    for (int i = 0; i < 5; i++) {
      int x = i % 3 * 3;
      int y = i / 3 * 6;
      assertThat(sheet.getRGB(x, y) & 0xffffff).isEqualTo(pixel(originals.get(i), 0));
      assertThat(sheet.getRGB(x, y + 3) & 0xffffff).isEqualTo(pixel(reconstructions.get(i), 0));
    }
  }

  @Test
  void picturesOfAnotherSizeAreRefused() {
    assertThatThrownBy(() -> new Grid(2, 2, 1, 1).png(List.of(new byte[11])))
        .hasMessage("picture: 11 bytes (expected: 2 x 2 x 3 = 12)");
    assertThatThrownBy(() -> new Grid(2, 2, 1, 1).png(List.of())).hasMessageContaining("none");
    assertThatThrownBy(() -> new Grid(2, 2, 0, 1)).hasMessage("columns: 0 (expected: 1 or more)");
  }

  @Test
  void smallPicturesAreScaledUpToBeSeen() {
    assertThat(Grid.fitting(32, 32, 8).scale()).isEqualTo(2);
    assertThat(Grid.fitting(8, 8, 4).scale()).isEqualTo(8);
    assertThat(Grid.fitting(512, 512, 8).scale()).isEqualTo(1);
  }
}
