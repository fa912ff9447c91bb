package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.InflaterInputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngEncoderTest {

  /** What a pixel of a test picture is. */
  private enum Subject {
    FLAT,
    NOISE,
    /** Noise that repeats every 16 pixels. */
    TILES,
    /** Noise in the middle of a checkerboard. */
    FRAMED,
    /** A soft gradient with a photograph's noise, between black bars. */
    LETTERBOX;

    int at(int x, int y, int size, int noise, int[] tile) {
      boolean middle = y >= size / 4 && y < size - size / 4;
      return switch (this) {
        case FLAT -> 200;
        case NOISE -> noise;
        case TILES -> tile[y % 16 * 16 + x % 16];
        case FRAMED -> middle ? noise : (x / 4 + y / 4) % 2 * 255;
        case LETTERBOX -> middle ? (x + y) / 4 % 128 + noise / 16 : 0;
      };
    }
  }

  private static RgbImage picture(Subject subject, int width, int height) {
    Random random = new Random(7);
    int[] tile = random.ints(256, 0, 256).toArray();
    RgbImage image = RgbImage.blank(width, height);
    for (int i = 0; i < width * height; i++) {
      for (int c = 0; c < RgbImage.CHANNELS; c++) {
        int value = subject.at(i % width, i / width, height, random.nextInt(256), tile);
        image.pixels()[i * RgbImage.CHANNELS + c] = (byte) value;
      }
    }
    return image;
  }

  @ParameterizedTest
  @CsvSource({
    "FLAT, 1, 1",
    "NOISE, 1, 37",
    "NOISE, 300, 1",
    "TILES, 64, 64",
    "FRAMED, 200, 190",
    "LETTERBOX, 256, 256",
    "NOISE, 256, 256",
    "FLAT, 256, 256"
  })
  void decodersSeeThePixelsThatWereEncoded(Subject subject, int width, int height)
      throws IOException {
    RgbImage image = picture(subject, width, height);
    BufferedImage read = ImageIO.read(new ByteArrayInputStream(encode(image)));
    assertThat(read.getWidth()).isEqualTo(width);
    assertThat(read.getHeight()).isEqualTo(height);
    for (int i = 0; i < width * height; i++) {
      int rgb = read.getRGB(i % width, i / width) & 0xffffff;
      int x = i % width;
      int y = i / width;
      assertThat(rgb)
          .isEqualTo(image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2));
    }
  }

  /** The shortcut for noise must not be taken where there is something to repeat. */
  @ParameterizedTest
  @CsvSource({
    "TILES, 64",
    "TILES, 256",
    "FRAMED, 64",
    "FRAMED, 256",
    "LETTERBOX, 64",
    "LETTERBOX, 256",
    "NOISE, 64",
    "NOISE, 256",
    "FLAT, 256"
  })
  void aPictureIsHardlyLargerThanWithAllMatchesLookedFor(Subject subject, int size)
      throws IOException {
    RgbImage image = picture(subject, size, size);
    byte[] png = encode(image);
    assertThat(png.length).isLessThan(matched(png) * 105 / 100 + 100);
  }

  private static byte[] encode(RgbImage image) {
    try (PngEncoder encoder = new PngEncoder()) {
      return encoder.encode(image);
    }
  }

  /** Bytes of the same filtered rows with an ordinary deflater. */
  private static int matched(byte[] png) throws IOException {
    // Signature 8, IHDR 25, then the only IDAT; IEND 12.
    byte[] data = new byte[png.length - 8 - 25 - 12 - 12];
    System.arraycopy(png, 8 + 25 + 8, data, 0, data.length);
    byte[] rows = new InflaterInputStream(new ByteArrayInputStream(data)).readAllBytes();
    Deflater deflater = new Deflater(6);
    deflater.setInput(rows);
    deflater.finish();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] chunk = new byte[1 << 16];
    while (!deflater.finished()) {
      out.write(chunk, 0, deflater.deflate(chunk));
    }
    deflater.end();
    return out.size();
  }
}
