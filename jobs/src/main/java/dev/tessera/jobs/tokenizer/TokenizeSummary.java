package dev.tessera.jobs.tokenizer;

import dev.tessera.datasets.table.TableManifest;
import dev.tessera.spark.inference.StageTimes;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What {@code tokenize} did.
 *
 * @param codes the code table's manifest
 * @param counts how often each code occurs
 * @param seconds of the whole job
 * @param times of the stages, summed over tasks
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record TokenizeSummary(
    String output, TableManifest codes, long[] counts, double seconds, StageTimes times) {

  /** Pictures a second, reading and writing included. */
  public double imagesPerSecond() {
    return codes.rows() / seconds;
  }

  /** Pictures a second that one core decodes. */
  public double decodedPerSecond() {
    return codes.rows() / times.decode();
  }

  /** For a program. */
  Map<String, Double> metrics() {
    return Map.of(
        "rows", (double) codes.rows(),
        "codebook_usage", codes.codes().usage(),
        "perplexity", codes.codes().perplexity(),
        "psnr", codes.reconstruction().psnr(),
        "heldout_psnr", codes.reconstruction().heldoutPsnr(),
        "ssim", codes.reconstruction().ssim(),
        "seconds", seconds);
  }

  /**
   * One more line: how much of its time each stage waited for the others. The one that waited least
   * is what bounds the job.
   */
  public String stages() {
    StringJoiner waits = new StringJoiner(", ", "stages waited  ", "");
    times
        .waited()
        .forEach(
            (stage, share) ->
                waits.add(String.format(Locale.ROOT, "%s %.0f %%", stage, 100 * share)));
    return waits + " of the time for another; the least, what bounds the job";
  }

  /** One line for the console. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "tokenize  %,d images to %s  %,.0f images/s  codebook usage %.0f %%  perplexity %.0f  PSNR %.2f dB"
            + "%s  SSIM %.3f",
        codes.rows(),
        output,
        imagesPerSecond(),
        100 * codes.codes().usage(),
        codes.codes().perplexity(),
        codes.reconstruction().psnr(),
        heldout(codes.reconstruction().heldoutPsnr()),
        codes.reconstruction().ssim());
  }

  /** Nothing where no row held out was among those measured. */
  private static String heldout(double psnr) {
    return Double.isNaN(psnr) ? "" : String.format(Locale.ROOT, " (held out %.2f dB)", psnr);
  }
}
