package dev.tessera.datasets.image;

/**
 * Reconstruction kernels of a separable resize. When a picture shrinks, the kernel is stretched by
 * the same factor and so averages every source pixel: no aliasing.
 */
public enum ResizeFilter {
  /** The mean of all source pixels under a target pixel down, the nearest pixel up. */
  BOX(0.5) {
    @Override
    double weight(double x) {
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    }
  },
  /**
   * Linear interpolation up, a tent over all source pixels down; never leaves their range. Pillow's
   * bilinear.
   */
  TRIANGLE(1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
    }
  },
  /** Keys' cubic with a = -1/2, as Pillow has it: between the two others in sharpness. */
  BICUBIC(2) {
    @Override
    double weight(double x) {
      double d = Math.abs(x);
      if (d < 1) {
        return (1.5 * d - 2.5) * d * d + 1;
      }
      return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
    }
  },
  /** Windowed sinc of three lobes: sharper, may overshoot at edges (clamped). */
  LANCZOS(3) {
    @Override
    double weight(double x) {
      if (x == 0) {
        return 1;
      }
      return Math.abs(x) >= 3
          ? 0
          : 3 * Math.sin(Math.PI * x) * Math.sin(Math.PI * x / 3) / (Math.PI * Math.PI * x * x);
    }
  };

  private final double radius;

  ResizeFilter(double radius) {
    this.radius = radius;
  }

  /** Half the kernel's width, in source pixels at scale 1. */
  double radius() {
    return radius;
  }

  abstract double weight(double x);
}
