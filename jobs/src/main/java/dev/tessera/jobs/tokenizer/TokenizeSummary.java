package dev.tessera.jobs.tokenizer;

import dev.tessera.datasets.table.TableManifest;
import java.util.Locale;

/**
 * What {@code tokenize} did.
 *
 * @param codes the code table's manifest
 * @param counts how often each code occurs
 * @param seconds of the whole job
 * @param encoderSeconds within the encoder, summed over tasks
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record TokenizeSummary(
    String output, TableManifest codes, long[] counts, double seconds, double encoderSeconds) {

  /** Pictures a second, reading and writing included. */
  public double imagesPerSecond() {
    return codes.rows() / seconds;
  }

  /** One line for the console. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "tokenize  %,d images to %s  %,.0f images/s  codebook usage %.0f %%  perplexity %.0f  PSNR %.2f dB"
            + " (held out %.2f dB)  SSIM %.3f",
        codes.rows(),
        output,
        imagesPerSecond(),
        100 * codes.codes().usage(),
        codes.codes().perplexity(),
        codes.reconstruction().psnr(),
        codes.reconstruction().heldoutPsnr(),
        codes.reconstruction().ssim());
  }
}
