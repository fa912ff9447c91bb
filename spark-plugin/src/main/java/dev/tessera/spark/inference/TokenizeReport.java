package dev.tessera.spark.inference;

import dev.tessera.datasets.table.TablePart;
import dev.tessera.models.evaluation.CodebookUsage;
import dev.tessera.models.evaluation.Moments;
import dev.tessera.models.evaluation.Psnr;
import dev.tessera.models.evaluation.Ssim;
import java.io.Serializable;
import java.util.List;

/**
 * What one task tokenised: its parts of both tables, and measures to be merged.
 *
 * @param latents none for codes alone
 */
public record TokenizeReport(
    List<TablePart> codes, List<TablePart> latents, Measures measures, StageTimes times)
    implements Serializable {

  public TokenizeReport {
    codes = List.copyOf(codes);
    latents = List.copyOf(latents);
  }

  /**
   * Mergeable measures of reconstruction.
   *
   * @param all of all rows
   * @param heldout of the rows held out
   * @param latents of the training rows
   */
  public record Measures(Psnr all, Psnr heldout, Ssim ssim, CodebookUsage usage, Moments latents)
      implements Serializable {

    public static Measures of(int size, int codebook) {
      int dimensions = 3 * size * size;
      return new Measures(
          new Psnr(dimensions, 255),
          new Psnr(dimensions, 255),
          new Ssim(3, size, size, 255),
          new CodebookUsage(codebook),
          new Moments());
    }

    /** Adds another task's. */
    public void merge(Measures other) {
      all.merge(other.all);
      heldout.merge(other.heldout);
      ssim.merge(other.ssim);
      usage.merge(other.usage);
      latents.merge(other.latents);
    }
  }
}
