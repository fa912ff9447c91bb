package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.Transparency;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

class ImageDecoderTest {

  private static final int BACKGROUND = 0x204060;

  private final ImageDecoder decoder = new ImageDecoder(1 << 20, BACKGROUND);

  @Test
  void readsPngAndJpeg() throws Exception {
    for (int seed = 0; seed < 20; seed++) {
      RgbImage image = Pictures.smooth(5 + seed, 40 - seed, seed);
      assertThat(decoder.decode(Pictures.png(image)).pixels()).isEqualTo(image.pixels());
      byte[] jpeg = Pictures.jpeg(image);
      assertThat(decoder.decode(jpeg).pixels()).isEqualTo(Pictures.readByJdk(jpeg).pixels());
    }
  }

  @Test
  void refusesWhatTheHeapCannotHoldBeforeDecodingIt() {
    HeapShare oneGigabyte = new HeapShare(1L << 30);
    ByteBuffer header = ByteBuffer.allocate(64).put(Pictures.png(Pictures.noise(4, 4, 1)), 0, 33);
    header.putInt(16, 8192).putInt(20, 8192).put(24, (byte) 16).put(25, (byte) 6);
    try (ImageDecoder wide = new ImageDecoder(64 << 20, BACKGROUND, oneGigabyte)) {
      assertThatThrownBy(() -> wide.decode(header.array()))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage(
              "too large: 8192x8192 of 11 bytes a pixel takes 704 MB to decode, more than half of"
                  + " this process's heap of 1024 MB");
    }
  }

  @Test
  void theHeapDecidesByWhatAPictureTakesDecoded() throws Exception {
    // 100 x 100 pixels as 8-bit RGB: a raster with room for alpha, and the result.
    byte[] png = Pictures.png(Pictures.noise(100, 100, 1));
    byte[] jpeg = Pictures.jpeg(Pictures.smooth(100, 100, 1));
    try (ImageDecoder enough = new ImageDecoder(1 << 20, BACKGROUND, new HeapShare(160_000));
        ImageDecoder less = new ImageDecoder(1 << 20, BACKGROUND, new HeapShare(110_000))) {
      for (int i = 0; i < 5; i++) {
        // What one picture took is there for the next, damaged ones included.
        assertThat(enough.decode(png).width()).isEqualTo(100);
        assertThatThrownBy(() -> enough.decode(Arrays.copyOf(png, png.length - 20)))
            .hasMessageContaining("truncated");
        assertThat(enough.decode(jpeg).width()).isEqualTo(100);
      }
      assertThatThrownBy(() -> less.decode(png)).hasMessageContaining("too large");
      assertThatThrownBy(() -> less.decode(jpeg)).hasMessageContaining("too large");
    }
  }

  @Test
  void keepsGreyValuesAsTheyAre() throws Exception {
    BufferedImage grey = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
    for (int x = 0; x < 256; x++) {
      grey.getRaster().setSample(x, 0, 0, x);
    }
    RgbImage image = decoder.decode(Pictures.encode(grey, "png"));
    for (int x = 0; x < 256; x++) {
      assertThat(new int[] {image.at(x, 0, 0), image.at(x, 0, 1), image.at(x, 0, 2)})
          .containsOnly(x);
    }
  }

  @Test
  void roundsSixteenBitsToTheNearestByte() throws Exception {
    BufferedImage grey = new BufferedImage(512, 1, BufferedImage.TYPE_USHORT_GRAY);
    for (int x = 0; x < 512; x++) {
      grey.getRaster().setSample(x, 0, 0, x * 128 + 57);
    }
    RgbImage image = decoder.decode(Pictures.encode(grey, "png"));
    for (int x = 0; x < 512; x++) {
      assertThat(image.at(x, 0, 1)).isEqualTo((int) Math.round((x * 128 + 57) / 257.0));
    }
  }

  @Test
  void compositesAlphaOverTheBackground() throws Exception {
    BufferedImage rgba = new BufferedImage(256, 1, BufferedImage.TYPE_INT_ARGB);
    for (int x = 0; x < 256; x++) {
      rgba.setRGB(x, 0, x << 24 | 0xf09010);
    }
    RgbImage image = decoder.decode(Pictures.encode(rgba, "png"));
    int[] colour = {0xf0, 0x90, 0x10};
    int[] background = {0x20, 0x40, 0x60};
    for (int x = 0; x < 256; x++) {
      for (int c = 0; c < 3; c++) {
        double expected = (colour[c] * x + background[c] * (255 - x)) / 255.0;
        assertThat(image.at(x, 0, c)).isEqualTo((int) Math.round(expected));
      }
    }
  }

  @Test
  void compositesSixteenBitGreyWithAlpha() throws Exception {
    ComponentColorModel model =
        new ComponentColorModel(
            ColorSpace.getInstance(ColorSpace.CS_GRAY),
            true,
            false,
            Transparency.TRANSLUCENT,
            DataBuffer.TYPE_USHORT);
    WritableRaster raster = model.createCompatibleWritableRaster(3, 1);
    raster.setPixel(0, 0, new int[] {65535, 65535});
    raster.setPixel(1, 0, new int[] {65535, 0});
    raster.setPixel(2, 0, new int[] {0, 32768});
    byte[] png = Pictures.encode(new BufferedImage(model, raster, false, null), "png");
    RgbImage image = decoder.decode(png);
    assertThat(image.at(0, 0, 2)).isEqualTo(255);
    assertThat(image.at(1, 0, 2)).isEqualTo(0x60);
    assertThat(image.at(2, 0, 2)).isEqualTo((int) Math.round(0x60 * (32767.0 / 65535)));
  }

  @Test
  void looksUpPalettesOfEveryDepth() throws Exception {
    for (int bits : new int[] {1, 2, 4, 8}) {
      int size = 1 << bits;
      byte[] red = new byte[size];
      byte[] green = new byte[size];
      byte[] blue = new byte[size];
      byte[] alpha = new byte[size];
      for (int i = 0; i < size; i++) {
        red[i] = (byte) (i * 7);
        green[i] = (byte) (255 - i);
        blue[i] = (byte) (i * 31);
        alpha[i] = (byte) (i == 0 ? 0 : 255);
      }
      IndexColorModel palette = new IndexColorModel(bits, size, red, green, blue, alpha);
      BufferedImage image =
          new BufferedImage(
              palette,
              Raster.createPackedRaster(DataBuffer.TYPE_BYTE, size, 1, 1, bits, null),
              false,
              null);
      if (bits == 8) {
        image = new BufferedImage(size, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
      }
      for (int x = 0; x < size; x++) {
        image.getRaster().setSample(x, 0, 0, x);
      }
      RgbImage decoded = decoder.decode(Pictures.encode(image, "png"));
      assertThat(decoded.at(0, 0, 0)).as("%d bits, transparent", bits).isEqualTo(0x20);
      for (int x = 1; x < size; x++) {
        assertThat(decoded.at(x, 0, 0)).isEqualTo(red[x] & 0xff);
        assertThat(decoded.at(x, 0, 1)).isEqualTo(green[x] & 0xff);
        assertThat(decoded.at(x, 0, 2)).isEqualTo(blue[x] & 0xff);
      }
    }
  }

  @Test
  void convertsCmykWithAndWithoutAdobesInversion() throws Exception {
    int[] inks = {200, 100, 40, 180};
    RgbImage inverted = decoder.decode(Pictures.fourComponentJpeg(16, 16, inks, 0));
    RgbImage plain = decoder.decode(Pictures.fourComponentJpeg(16, 16, inks, -1));
    for (int c = 0; c < 3; c++) {
      assertThat(inverted.at(8, 8, c)).isCloseTo(inks[c] * 180 / 255, within(3));
      assertThat(plain.at(8, 8, c)).isCloseTo((255 - inks[c]) * (255 - 180) / 255, within(3));
    }
  }

  @Test
  void convertsYcck() throws Exception {
    // Pure red at full light: Y 76, Cb 85, Cr 255; K stored inverted, half.
    RgbImage image =
        decoder.decode(Pictures.fourComponentJpeg(16, 16, new int[] {76, 85, 255, 128}, 2));
    assertThat(image.at(8, 8, 0)).isCloseTo(128, within(4));
    assertThat(image.at(8, 8, 1)).isCloseTo(0, within(4));
    assertThat(image.at(8, 8, 2)).isCloseTo(0, within(4));
  }

  @Test
  void standsPicturesUprightByExif() throws Exception {
    RgbImage image = Pictures.smooth(24, 16, 3);
    RgbImage plain = decoder.decode(Pictures.jpeg(image));
    for (int orientation = 1; orientation <= 8; orientation++) {
      RgbImage turned = decoder.decode(withOrientation(Pictures.jpeg(image), orientation));
      assertThat(turned.width()).isEqualTo(orientation < 5 ? 24 : 16);
      // Where the stored top left pixel is shown, by the specification's table.
      int right = turned.width() - 1;
      int bottom = turned.height() - 1;
      int[][] corners = {
        {0, 0},
        {right, 0},
        {right, bottom},
        {0, bottom},
        {0, 0},
        {right, 0},
        {right, bottom},
        {0, bottom}
      };
      int[] corner = corners[orientation - 1];
      assertThat(turned.at(corner[0], corner[1], 0))
          .as("orientation %d", orientation)
          .isEqualTo(plain.at(0, 0, 0));
    }
  }

  @Test
  void refusesBombsBeforeDecodingThem() {
    byte[] png = Pictures.png(Pictures.noise(4, 4, 1));
    ByteBuffer.wrap(png).putInt(16, 50_000).putInt(20, 50_000);
    CRC32 crc = new CRC32();
    crc.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) crc.getValue());
    assertReason(png, "too large: 50000x50000");

    byte[] jpeg = Pictures.jpeg(Pictures.noise(16, 16, 1));
    for (int i = 0; i < jpeg.length; i++) {
      if (jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xc0) {
        ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 60_000).putShort(i + 7, (short) 60_000);
        break;
      }
    }
    assertReason(jpeg, "too large: 60000x60000");
  }

  @Test
  void refusesEveryTruncation() {
    byte[] png = Pictures.png(Pictures.noise(16, 16, 2));
    byte[] jpeg = Pictures.jpeg(Pictures.noise(16, 16, 2));
    for (int cut = 9; cut < png.length; cut += 7) {
      assertReason(Arrays.copyOf(png, cut), "truncated PNG");
    }
    for (int cut = 4; cut < jpeg.length; cut += 7) {
      assertReason(Arrays.copyOf(jpeg, cut), "truncated JPEG");
    }
  }

  @Test
  void refusesChangedBits() {
    byte[] png = Pictures.png(Pictures.noise(16, 16, 2));
    for (int at = 40; at < png.length - 12; at += 11) {
      byte[] changed = png.clone();
      changed[at] ^= 4;
      assertThatThrownBy(() -> decoder.decode(changed))
          .isInstanceOf(UnreadableImageException.class);
    }
  }

  @Test
  void namesWhatTheBytesAre() {
    assertReason(new byte[0], "empty file");
    assertReason("hello, this is text".getBytes(StandardCharsets.US_ASCII), "not an image");
    assertReason("GIF89a....".getBytes(StandardCharsets.US_ASCII), "GIF image");
    byte[] png = Pictures.png(Pictures.noise(4, 4, 1));
    assertThatThrownBy(() -> decoder.decode(png, "a/b.JPG"))
        .hasMessage("wrong extension: PNG data in a JPEG file");
  }

  @Test
  void isStillGoodAfterBadInput() throws Exception {
    RgbImage image = Pictures.noise(9, 9, 5);
    byte[] png = Pictures.png(image);
    for (int i = 0; i < 5; i++) {
      assertReason(Arrays.copyOf(png, 60), "truncated");
      assertThat(decoder.decode(png).pixels()).isEqualTo(image.pixels());
    }
  }

  private void assertReason(byte[] encoded, String reason) {
    assertThatThrownBy(() -> decoder.decode(encoded))
        .isInstanceOf(UnreadableImageException.class)
        .hasMessageContaining(reason);
  }

  private static byte[] withOrientation(byte[] jpeg, int orientation) {
    ByteBuffer app1 = ByteBuffer.allocate(36);
    app1.putShort((short) 0xffe1).putShort((short) 34);
    app1.put(new byte[] {'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42}).putInt(8).putShort((short) 1);
    app1.putShort((short) 0x0112).putShort((short) 3).putInt(1).putShort((short) orientation);
    return Pictures.insert(jpeg, 2, app1.array());
  }
}
