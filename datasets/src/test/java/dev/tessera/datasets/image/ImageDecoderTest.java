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

  private final ImageDecoder decoder = new ImageDecoder(settings(1 << 20));

  private static DecoderSettings settings(long maxPixels) {
    return new DecoderSettings(maxPixels, BACKGROUND, false, true);
  }

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
    CRC32 crc = new CRC32();
    crc.update(header.array(), 12, 17);
    header.putInt(29, (int) crc.getValue());
    try (ImageDecoder wide = new ImageDecoder(settings(64 << 20), oneGigabyte)) {
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
    try (ImageDecoder enough = new ImageDecoder(settings(1 << 20), new HeapShare(160_000));
        ImageDecoder less = new ImageDecoder(settings(1 << 20), new HeapShare(110_000))) {
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
  void convertsCmykAsAdobeStoresItWithAndWithoutItsMarker() throws Exception {
    int[] inks = {200, 100, 40, 180};
    RgbImage inverted = decoder.decode(Pictures.fourComponentJpeg(16, 16, inks, 0));
    RgbImage plain = decoder.decode(Pictures.fourComponentJpeg(16, 16, inks, -1));
    for (int c = 0; c < 3; c++) {
      assertThat(inverted.at(8, 8, c)).isCloseTo(inks[c] * 180 / 255, within(3));
      assertThat(plain.at(8, 8, c)).isEqualTo(inverted.at(8, 8, c));
    }
  }

  @Test
  void convertsYcck() throws Exception {
    // Y 179, Cb 171, Cr 1 is (0, 255, 255): full ink of green and blue, none of red; half of K.
    RgbImage image =
        decoder.decode(Pictures.fourComponentJpeg(16, 16, new int[] {179, 171, 1, 128}, 2));
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
    for (int cut = 9; cut < png.length - 12; cut += 7) {
      assertReason(Arrays.copyOf(png, cut), "truncated PNG");
    }
    for (int cut = 4; cut < jpeg.length - 4; cut += 7) {
      assertReason(Arrays.copyOf(jpeg, cut), "truncated JPEG");
    }
  }

  @Test
  void readsWholePicturesWithoutAnEndMarkerAndSaysSo() throws Exception {
    RgbImage image = Pictures.noise(16, 16, 2);
    byte[] png = Pictures.png(image);
    byte[] jpeg = Pictures.jpeg(image);
    for (int cut = 1; cut <= 12; cut++) {
      DecodedImage decoded = decoder.decode(Arrays.copyOf(png, png.length - cut), null);
      assertThat(decoded.image().pixels()).isEqualTo(image.pixels());
      assertThat(decoded.warnings()).containsExactly("PNG: no IEND chunk");
    }
    for (int cut = 1; cut <= 2; cut++) {
      DecodedImage decoded = decoder.decode(Arrays.copyOf(jpeg, jpeg.length - cut), null);
      assertThat(decoded.image().pixels()).isEqualTo(Pictures.readByJdk(jpeg).pixels());
      assertThat(decoded.warnings()).containsExactly("JPEG: no end marker");
    }
  }

  @Test
  void strictSettingsRefuseWhatLenientOnesWarnOf() throws Exception {
    byte[] jpeg = Pictures.jpeg(Pictures.smooth(16, 16, 2));
    byte[] junk = Pictures.insert(jpeg, 20, new byte[] {1, 2, 3, 4, 5});
    DecodedImage read = decoder.decode(junk, "a/b.PNG");
    assertThat(read.image().pixels()).isEqualTo(decoder.decode(jpeg).pixels());
    assertThat(read.warnings())
        .containsExactlyInAnyOrder(
            "JPEG: extraneous bytes before a marker", "wrong extension, JPEG data in a PNG file");
    try (ImageDecoder strict = new ImageDecoder(new DecoderSettings(1 << 20, 0, true, true))) {
      assertThat(strict.decode(jpeg, "a/b.jpg").warnings()).isEmpty();
      assertThatThrownBy(() -> strict.decode(junk, "a/b.jpg"))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("damaged: JPEG: extraneous bytes before a marker");
    }
  }

  @Test
  void damagedCodedDataIsReadAsLibjpegReadsItWithItsWarning() throws Exception {
    byte[] jpeg = Pictures.jpeg(Pictures.noise(64, 64, 2));
    int warned = 0;
    for (int at = jpeg.length / 2; at < jpeg.length - 40; at += 37) {
      byte[] changed = jpeg.clone();
      changed[at] = (byte) (changed[at] == 0x5a ? 0x3c : 0x5a);
      try {
        DecodedImage read = decoder.decode(changed, null);
        warned += read.warnings().isEmpty() ? 0 : 1;
        assertThat(read.image().width()).isEqualTo(64);
      } catch (UnreadableImageException e) {
        assertThat(e).hasMessageNotContaining("truncated");
      }
    }
    assertThat(warned).isPositive();
  }

  @Test
  void boundsTheWorkOfManyScans() {
    byte[] file = ManyScans.jpeg(7000, 7000, 2000);
    assertThat(file.length).isLessThan(300_000);
    try (ImageDecoder wide = new ImageDecoder()) {
      assertThatThrownBy(() -> wide.decode(file))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessageStartingWith("too much work: 2001 scans of 7000x7000 pixels (limit: ");
    }
  }

  @Test
  void manyScansOfASmallPictureAreRead() throws Exception {
    assertThat(decoder.decode(ManyScans.jpeg(64, 64, 300)).width()).isEqualTo(64);
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
    String[][] cases = {
      {"hello, this is text", "text, no image"},
      {"GIF89a....", "truncated GIF"},
      {"\0\0\0\u001cftypavif\0\0\0\0", "AVIF image (expected: PNG, JPEG"},
      {"\0\0\0\u001cftypheic\0\0\0\0", "HEIC image"},
      {"\0\0\0\fjP  \r\n\u0087\n\0\0", "JPEG 2000 image"},
      {"\u00ffO\u00ffQ\0\0", "JPEG 2000 image"},
      {"\0\0\0\fJXL \r\n\u0087\n\0\0", "JPEG XL image"},
      {"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"},
      {"<!DOCTYPE html><html>404", "HTML page, no image"},
      {"\u0080\u0002}q\u0001(U\u000bbatch_labelu.", "Python pickle, no image"},
      {"\u0080\u0004\u0095\u0001\0N.", "Python pickle, no image"},
      {"x".repeat(257) + "ustar\00000", "tar archive, no image"},
      {"PK\u0003\u0004", "zip archive, no image"},
      {"\u001f\u008b\b", "gzip file, no image"},
      {"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"},
      {"\0\0\0\0\0\0\0\0", "its first 8 bytes are zero"},
      {"\u0013\u0007\u00aa\u0001", "not an image (no known signature)"}
    };
    for (String[] example : cases) {
      assertReason(example[0].getBytes(StandardCharsets.ISO_8859_1), example[1]);
    }
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
