package dev.tessera.jobs.demo;

import java.util.List;
import java.util.Locale;

/**
 * The demo in numbers.
 *
 * @param heldoutPsnr of the tokenizer on pictures it never saw, in decibels
 * @param meanPsnr of the mean training picture on the same, in decibels
 * @param codebookUsage fraction of the codes in use
 * @param samples sliced Wasserstein distance of the samples from training pictures
 * @param noise that of uniform noise
 * @param gaussian that of a Gaussian fitted to the pixels
 * @param novel fraction of (the first 250) samples that differ from their nearest training picture
 */
public record DemoVerdict(
    double heldoutPsnr,
    double meanPsnr,
    double codebookUsage,
    double samples,
    double noise,
    double gaussian,
    double novel) {

  /** One measure against its bound. */
  public record Bound(String text, boolean holds) {}

  /** What must hold of a demo of full length. */
  public List<Bound> bounds() {
    return List.of(
        bound(heldoutPsnr >= 20, "held-out PSNR %.2f dB (at least 20)", heldoutPsnr),
        bound(
            heldoutPsnr >= meanPsnr + 4,
            "%.2f dB above the mean picture (at least 4)",
            heldoutPsnr - meanPsnr),
        bound(codebookUsage >= 0.5, "codebook usage %.0f %% (at least 50)", 100 * codebookUsage),
        bound(
            samples < noise / 3,
            "sliced Wasserstein distance of the samples %.4f, of noise %.4f (below a third)",
            samples,
            noise),
        bound(
            samples < gaussian,
            "sliced Wasserstein distance of the samples %.4f, of a fitted Gaussian %.4f (below)",
            samples,
            gaussian),
        bound(
            novel >= 0.95,
            "%.1f %% of the samples differ from their nearest training picture (at least 95)",
            100 * novel));
  }

  private static Bound bound(boolean holds, String format, Object... values) {
    return new Bound(String.format(Locale.ROOT, format, values), holds);
  }
}
