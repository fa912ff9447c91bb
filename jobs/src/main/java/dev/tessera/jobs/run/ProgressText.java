package dev.tessera.jobs.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How the progress line reads.
 *
 * @param job the word that opens it
 * @param total images to see in all, or 0 if nobody knows
 * @param flopsPerImage floating-point operations of an image, or 0 if nobody knows
 * @param unit what is counted, one of it
 */
record ProgressText(String job, long total, double flopsPerImage, String unit) {

  private static final String GAP = "  ";

  /** Of images. */
  ProgressText(String job, long total, double flopsPerImage) {
    this(job, total, flopsPerImage, "image");
  }

  /** {@code train 12,800/20,480 images 1,934 images/s loss 0.4312 4m12s left}, wider apart. */
  String running(long images, double perSecond, Map<String, Double> values) {
    List<String> parts = new ArrayList<>();
    parts.add(job);
    parts.add(
        total > 0
            ? Quantity.count(images) + "/" + Quantity.count(total) + " " + unit + "s"
            : counted(images));
    speed(parts, perSecond);
    values.forEach((name, value) -> parts.add(name + " " + Quantity.value(value)));
    if (perSecond > 0 && total > images) {
      parts.add(Quantity.duration((total - images) / perSecond) + " left");
    }
    return String.join(GAP, parts);
  }

  /** {@code train 20,480 images in 10m35s 32.2 images/s loss 0.4100}, wider apart. */
  String finished(long images, double seconds, double perSecond, Map<String, Double> values) {
    List<String> parts = new ArrayList<>();
    parts.add(job);
    parts.add(counted(images) + " in " + Quantity.duration(seconds));
    speed(parts, perSecond);
    values.forEach((name, value) -> parts.add(name + " " + Quantity.value(value)));
    return String.join(GAP, parts);
  }

  private String counted(long images) {
    return Quantity.count(images) + " " + unit + (images == 1 ? "" : "s");
  }

  private void speed(List<String> parts, double perSecond) {
    if (perSecond > 0) {
      parts.add(Quantity.rate(perSecond) + " " + unit + "s/s");
    }
    double gflops = gflops(perSecond);
    if (gflops > 0) {
      parts.add(Quantity.rate(gflops) + " GFLOP/s");
    }
  }

  /** GFLOP/s, 0 if nobody knows. */
  double gflops(double perSecond) {
    return perSecond * flopsPerImage / 1e9;
  }
}
