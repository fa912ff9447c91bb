package dev.tessera.jobs.gallery;

import dev.tessera.models.UserException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;

/** Writes drawings; those of few colours with a palette, in a third of the bytes. */
final class PngFile {

  private static final int PALETTE = 256;

  private PngFile() {}

  static void write(BufferedImage image, Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (!ImageIO.write(small(image), "png", file.toFile())) {
        throw new IllegalStateException("This Java has no PNG writer");
      }
    } catch (IOException e) {
      throw new UserException("Cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static BufferedImage small(BufferedImage image) {
    Map<Integer, Integer> colours = new LinkedHashMap<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.putIfAbsent(image.getRGB(x, y), colours.size());
      }
    }
    if (colours.size() > PALETTE) {
      return image;
    }
    int[] palette = colours.keySet().stream().mapToInt(rgb -> rgb).toArray();
    IndexColorModel model =
        new IndexColorModel(
            8, palette.length, palette, 0, false, -1, java.awt.image.DataBuffer.TYPE_BYTE);
    BufferedImage indexed =
        new BufferedImage(
            image.getWidth(), image.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, model);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        indexed.getRaster().setSample(x, y, 0, colours.get(image.getRGB(x, y)));
      }
    }
    return indexed;
  }
}
