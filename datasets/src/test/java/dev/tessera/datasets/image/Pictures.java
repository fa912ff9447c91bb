package dev.tessera.datasets.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Encoded pictures for tests, written by the JDK so that our own encoder is not its own judge. */
public final class Pictures {

  private Pictures() {}

  /** A smooth random picture, so that JPEG keeps it nearly as it is. */
  public static RgbImage smooth(int width, int height, long seed) {
    Random random = new Random(seed);
    double[] phase = random.doubles(3, 0, 6).toArray();
    RgbImage image = RgbImage.blank(width, height);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          double v = 128 + 100 * Math.sin(phase[c] + 2.0 * x / width + 1.5 * y / height);
          image.pixels()[(y * width + x) * 3 + c] = (byte) Math.round(v);
        }
      }
    }
    return image;
  }

  /** Pixels without any structure. */
  public static RgbImage noise(int width, int height, long seed) {
    RgbImage image = RgbImage.blank(width, height);
    new Random(seed).nextBytes(image.pixels());
    return image;
  }

  public static byte[] png(RgbImage image) {
    return encode(buffered(image), "png");
  }

  public static byte[] jpeg(RgbImage image) {
    return encode(buffered(image), "jpg");
  }

  public static byte[] encode(BufferedImage image, String format) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new IllegalStateException("no writer for " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  static BufferedImage buffered(RgbImage image) {
    BufferedImage result =
        new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < image.height(); y++) {
      for (int x = 0; x < image.width(); x++) {
        result.setRGB(x, y, image.at(x, y, 0) << 16 | image.at(x, y, 1) << 8 | image.at(x, y, 2));
      }
    }
    return result;
  }

  public static RgbImage readByJdk(byte[] encoded) {
    try {
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(encoded));
      RgbImage result = RgbImage.blank(image.getWidth(), image.getHeight());
      for (int i = 0; i < image.getWidth() * image.getHeight(); i++) {
        int rgb = image.getRGB(i % image.getWidth(), i / image.getWidth());
        result.pixels()[3 * i] = (byte) (rgb >> 16);
        result.pixels()[3 * i + 1] = (byte) (rgb >> 8);
        result.pixels()[3 * i + 2] = (byte) rgb;
      }
      return result;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A JPEG of four components as given, with Adobe's marker unless {@code transform} is -1. */
  static byte[] fourComponentJpeg(int width, int height, int[] pixel, int transform) {
    WritableRaster raster = Raster.createInterleavedRaster(0, width, height, 4, null);
    for (int i = 0; i < width * height; i++) {
      raster.setPixel(i % width, i / width, pixel);
    }
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpg").next();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream stream = new MemoryCacheImageOutputStream(out)) {
      writer.setOutput(stream);
      writer.write(null, new IIOImage(raster, null, null), null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
    byte[] adobe = {
      (byte) 0xff, (byte) 0xee, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, (byte) transform
    };
    return transform < 0 ? out.toByteArray() : insert(out.toByteArray(), 2, adobe);
  }

  static byte[] insert(byte[] file, int at, byte[] part) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, at);
    out.writeBytes(part);
    out.write(file, at, file.length - at);
    return out.toByteArray();
  }
}
