package dev.tessera.datasets.image;

/**
 * Brings pictures to size x size: crop or pad, then one antialiased resize. Belongs to one thread.
 */
public final class SquareFit {

  private final int size;
  private final Crop crop;
  private final int padding;
  private final ImageResizer resizer;

  /**
   * @param size side of the result in pixels, 1 or more
   * @param padding 0xRRGGBB of the bars that {@link Crop#PAD} and {@link Crop#NONE} add
   */
  public SquareFit(int size, Crop crop, int padding, ResizeFilter filter) {
    if (size < 1) {
      throw new IllegalArgumentException("size: " + size + " (expected: 1 or more)");
    }
    this.size = size;
    this.crop = crop;
    this.padding = padding;
    this.resizer = new ImageResizer(filter);
  }

  /** The picture at size x size. */
  public RgbImage apply(RgbImage image) {
    return switch (crop) {
      case STRETCH -> resizer.resize(image, size, size);
      case CENTER -> resizer.resize(centre(image), size, size);
      case PAD -> pad(image, (double) size / Math.max(image.width(), image.height()));
      case NONE -> pad(image, Math.min(1, (double) size / Math.max(image.width(), image.height())));
    };
  }

  private static RgbImage centre(RgbImage image) {
    int side = Math.min(image.width(), image.height());
    if (image.width() == image.height()) {
      return image;
    }
    return image.region((image.width() - side) / 2, (image.height() - side) / 2, side, side);
  }

  private RgbImage pad(RgbImage image, double scale) {
    int width = (int) Math.max(1, Math.round(image.width() * scale));
    int height = (int) Math.max(1, Math.round(image.height() * scale));
    RgbImage small = resizer.resize(image, width, height);
    if (width == size && height == size) {
      return small;
    }
    RgbImage result = RgbImage.filled(size, size, padding);
    result.put(small, (size - width) / 2, (size - height) / 2);
    return result;
  }
}
