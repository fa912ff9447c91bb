package dev.tessera.datasets.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Small files whose headers ask for gigapixels, of the formats beside PNG and JPEG. */
class BombsTest {

  private static final int SIDE = 60_000;

  /** No bound of pixels: the heap's share alone has to refuse. */
  private static final DecoderSettings BOUNDLESS =
      new DecoderSettings(Long.MAX_VALUE, 0xffffff, false, true);

  @Test
  void areRefusedByTheirHeaders() throws Exception {
    for (Map.Entry<String, byte[]> bomb : bombs().entrySet()) {
      try (ImageDecoder decoder = new ImageDecoder();
          ImageDecoder boundless = new ImageDecoder(BOUNDLESS, new HeapShare(1L << 30))) {
        assertThatThrownBy(() -> decoder.decode(bomb.getValue()))
            .as(bomb.getKey())
            .isInstanceOf(UnreadableImageException.class)
            .hasMessageStartingWith("too large: ")
            .hasMessageContaining("is more than the limit of 67108864 pixels");
        assertThatThrownBy(() -> boundless.decode(bomb.getValue()))
            .as(bomb.getKey())
            .isInstanceOf(UnreadableImageException.class)
            .hasMessageContaining("more than half of this process's heap of 1024 MB");
      }
    }
  }

  @Test
  void aBitmapMustHoldWhatItsHeaderSays() throws Exception {
    byte[] bmp = encode("bmp");
    ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, SIDE).putInt(22, SIDE);
    try (ImageDecoder decoder = new ImageDecoder()) {
      assertThatThrownBy(() -> decoder.decode(bmp))
          .isInstanceOf(UnreadableImageException.class)
          .hasMessage("corrupt BMP: Invalid width/height for BI_RGB image data.");
    }
  }

  /** Whatever the bits say, it is a picture or a reason, and a decoder is as good as new. */
  @Test
  void changedHeadersEndInAReason() throws Exception {
    Random random = new Random(5);
    int refused = 0;
    try (ImageDecoder decoder =
        new ImageDecoder(new DecoderSettings(1 << 20, 0xffffff, false, true))) {
      for (String format : new String[] {"gif", "bmp", "tiff"}) {
        byte[] whole = encode(format);
        RgbImage before = decoder.decode(whole);
        for (int trial = 0; trial < 300; trial++) {
          byte[] changed = whole.clone();
          for (int n = 0; n < 4; n++) {
            int at = 4 + random.nextInt(format.equals("tiff") ? whole.length - 4 : 50);
            changed[at] = (byte) random.nextInt();
          }
          try {
            RgbImage image = decoder.decode(changed);
            assertThat((long) image.width() * image.height()).isLessThanOrEqualTo(1 << 20);
          } catch (UnreadableImageException e) {
            assertThat(e).hasMessageNotContaining("\n");
            refused++;
          }
        }
        assertThat(decoder.decode(whole).pixels()).isEqualTo(before.pixels());
      }
    }
    assertThat(refused).isGreaterThan(100);
  }

  private static Map<String, byte[]> bombs() throws IOException {
    Map<String, byte[]> bombs = new LinkedHashMap<>();
    ByteBuffer gif = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    gif.put("GIF89a".getBytes(StandardCharsets.US_ASCII));
    gif.putShort((short) SIDE).putShort((short) SIDE).put(new byte[3]);
    gif.put((byte) ',').putInt(0).putShort((short) SIDE).putShort((short) SIDE);
    bombs.put("GIF", gif.array());
    bombs.put("TIFF", tiff(encode("tiff")));
    ByteBuffer webp = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    webp.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(32);
    webp.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(20);
    webp.put((byte) 0x2f).putInt(0x0fffffff); // 16,384 x 16,384, the format's most.
    bombs.put("WebP", webp.array());
    return bombs;
  }

  private static byte[] encode(String format) throws IOException {
    BufferedImage image = new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB);
    image.setRGB(3, 3, 0x123456);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertThat(ImageIO.write(image, format, out)).isTrue();
    return out.toByteArray();
  }

  private static byte[] tiff(byte[] file) {
    ByteBuffer in = ByteBuffer.wrap(file);
    in.order(file[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int at = in.getInt(4);
    for (int i = 0; i < in.getShort(at); i++) {
      int entry = at + 2 + 12 * i;
      int tag = in.getShort(entry) & 0xffff;
      if (tag == 256 || tag == 257) {
        in.putShort(entry + 2, (short) 4).putInt(entry + 8, SIDE);
      }
    }
    return file;
  }
}
