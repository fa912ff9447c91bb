package dev.tessera.datasets.image;

import java.util.HashMap;
import java.util.Map;

/**
 * Antialiased separable resize in fixed point: the same bits on every machine. Keeps the weights of
 * the sizes it has seen, and therefore belongs to one thread.
 */
public final class ImageResizer {

  private static final int CACHED_AXES = 64;
  private static final int HALF = 1 << (ResizeWeights.BITS - 1);

  private final ResizeFilter filter;
  private final Map<Long, ResizeWeights> axes = new HashMap<>();

  public ImageResizer(ResizeFilter filter) {
    this.filter = filter;
  }

  /** {@code image} at exactly {@code width} x {@code height}, both 1 or more. */
  public RgbImage resize(RgbImage image, int width, int height) {
    RgbImage narrow = width == image.width() ? image : alongRows(image, width);
    return height == image.height() ? narrow : alongColumns(narrow, height);
  }

  private RgbImage alongRows(RgbImage image, int width) {
    ResizeWeights axis = axis(image.width(), width);
    RgbImage result = RgbImage.blank(width, image.height());
    byte[] source = image.pixels();
    byte[] target = result.pixels();
    for (int y = 0, to = 0; y < image.height(); y++) {
      int row = y * image.width();
      for (int x = 0; x < width; x++, to += RgbImage.CHANNELS) {
        accumulate(source, (row + axis.first()[x]) * 3, 3, axis.weights()[x], target, to);
      }
    }
    return result;
  }

  private RgbImage alongColumns(RgbImage image, int height) {
    ResizeWeights axis = axis(image.height(), height);
    RgbImage result = RgbImage.blank(image.width(), height);
    byte[] source = image.pixels();
    byte[] target = result.pixels();
    int stride = image.width() * RgbImage.CHANNELS;
    for (int y = 0, to = 0; y < height; y++) {
      int row = axis.first()[y] * stride;
      for (int x = 0; x < image.width(); x++, to += RgbImage.CHANNELS) {
        accumulate(source, row + x * 3, stride, axis.weights()[y], target, to);
      }
    }
    return result;
  }

  private static void accumulate(
      byte[] source, int from, int step, int[] weights, byte[] target, int to) {
    int red = HALF;
    int green = HALF;
    int blue = HALF;
    for (int weight : weights) {
      red += weight * (source[from] & 0xff);
      green += weight * (source[from + 1] & 0xff);
      blue += weight * (source[from + 2] & 0xff);
      from += step;
    }
    target[to] = clamp(red);
    target[to + 1] = clamp(green);
    target[to + 2] = clamp(blue);
  }

  private static byte clamp(int fixed) {
    return (byte) Math.max(0, Math.min(255, fixed >> ResizeWeights.BITS));
  }

  private ResizeWeights axis(int source, int target) {
    if (axes.size() > CACHED_AXES) {
      axes.clear();
    }
    return axes.computeIfAbsent(
        (long) source << 32 | target, key -> ResizeWeights.of(source, target, filter));
  }
}
