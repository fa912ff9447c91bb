package dev.tessera.datasets.source;

import java.awt.Color;
import java.util.SplittableRandom;

/**
 * A background and a foreground, each 0xRRGGBB, drawn from a class's palettes and varied a little
 * without losing contrast.
 */
record IconPalette(int background, int foreground) {

  /** Of WCAG 2.1: what large text and graphics need. */
  static final double MIN_CONTRAST = 3;

  private static final double HUE = 0.025;
  private static final double SATURATION = 0.08;
  private static final double BRIGHTNESS = 0.08;

  static IconPalette draw(IconClass family, SplittableRandom random) {
    int[] pair = family.palettes()[random.nextInt(family.palettes().length)];
    IconPalette varied = new IconPalette(vary(pair[0], random), vary(pair[1], random));
    return varied.contrast() >= MIN_CONTRAST ? varied : new IconPalette(pair[0], pair[1]);
  }

  /** The contrast ratio of WCAG 2.1, 1 to 21. */
  double contrast() {
    double a = luminance(background) + 0.05;
    double b = luminance(foreground) + 0.05;
    return Math.max(a, b) / Math.min(a, b);
  }

  private static int vary(int rgb, SplittableRandom random) {
    float[] hsb = Color.RGBtoHSB(rgb >> 16 & 0xff, rgb >> 8 & 0xff, rgb & 0xff, null);
    double hue = hsb[0] + HUE * (2 * random.nextDouble() - 1);
    // White stays white: grey has no hue to vary.
    double saturation = hsb[1] * (1 + SATURATION * (2 * random.nextDouble() - 1));
    double brightness = hsb[2] * (1 + BRIGHTNESS * (2 * random.nextDouble() - 1));
    return Color.HSBtoRGB((float) hue, clip(saturation), clip(brightness)) & 0xffffff;
  }

  private static float clip(double value) {
    return (float) Math.max(0, Math.min(1, value));
  }

  private static double luminance(int rgb) {
    return 0.2126 * linear(rgb >> 16 & 0xff)
        + 0.7152 * linear(rgb >> 8 & 0xff)
        + 0.0722 * linear(rgb & 0xff);
  }

  private static double linear(int value) {
    double v = value / 255.0;
    return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
  }
}
