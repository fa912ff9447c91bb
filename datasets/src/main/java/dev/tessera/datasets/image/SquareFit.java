package dev.tessera.datasets.image;

/**
 * Brings pictures to size x size: crop or pad, then one antialiased resize. Belongs to one thread.
 */
public final class SquareFit {

  private final int size;
  private final Crop crop;
  private final int background;
  private final ImageResizer resizer;

  /**
   * @param size side of the result in pixels, 1 or more
   * @param background 0xRRGGBB of the bars that {@link Crop#PAD} adds
   */
  public SquareFit(int size, Crop crop, int background, ResizeFilter filter) {
    if (size < 1) {
      throw new IllegalArgumentException("size: " + size + " (expected: 1 or more)");
    }
    this.size = size;
    this.crop = crop;
    this.background = background;
    this.resizer = new ImageResizer(filter);
  }

  /** The picture at size x size. */
  public RgbImage apply(RgbImage image) {
    return switch (crop) {
      case STRETCH -> resizer.resize(image, size, size);
      case CENTER -> resizer.resize(centre(image), size, size);
      case PAD -> pad(image);
    };
  }

  private static RgbImage centre(RgbImage image) {
    int side = Math.min(image.width(), image.height());
    if (image.width() == image.height()) {
      return image;
    }
    return image.region((image.width() - side) / 2, (image.height() - side) / 2, side, side);
  }

  private RgbImage pad(RgbImage image) {
    int longer = Math.max(image.width(), image.height());
    int width = (int) Math.max(1, Math.round((double) image.width() * size / longer));
    int height = (int) Math.max(1, Math.round((double) image.height() * size / longer));
    RgbImage small = resizer.resize(image, width, height);
    if (width == size && height == size) {
      return small;
    }
    RgbImage result = filled();
    int left = (size - width) / 2;
    int top = (size - height) / 2;
    for (int y = 0; y < height; y++) {
      System.arraycopy(
          small.pixels(), y * width * 3, result.pixels(), ((top + y) * size + left) * 3, width * 3);
    }
    return result;
  }

  private RgbImage filled() {
    RgbImage result = RgbImage.blank(size, size);
    byte[] pixels = result.pixels();
    for (int i = 0; i < pixels.length; i += RgbImage.CHANNELS) {
      pixels[i] = (byte) (background >> 16);
      pixels[i + 1] = (byte) (background >> 8);
      pixels[i + 2] = (byte) background;
    }
    return result;
  }
}
