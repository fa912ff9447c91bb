package dev.tessera.datasets.image;

/**
 * Reconstruction kernels of a separable resize. When a picture shrinks, the kernel is stretched by
 * the same factor and so averages every source pixel: no aliasing.
 */
public enum ResizeFilter {
  /** Linear interpolation up, a tent over all source pixels down; never leaves their range. */
  TRIANGLE(1) {
    @Override
    double weight(double x) {
      return Math.max(0, 1 - Math.abs(x));
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
