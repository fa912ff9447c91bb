package dev.tessera.jobs.ingest;

import dev.tessera.datasets.image.Crop;
import dev.tessera.datasets.image.ImageDecoder;
import dev.tessera.datasets.image.ResizeFilter;
import java.io.Serializable;

/**
 * What {@code ingest} reads, makes and writes.
 *
 * @param input path or {@code icons:}, see {@link dev.tessera.datasets.source.SourceSpec}
 * @param output folder of the table
 * @param size side of the pictures in pixels, 8 to 4096
 * @param crop how pictures become square
 * @param filter of the resize
 * @param background six hexadecimal digits, behind transparent pixels and in padding
 * @param classPerFolder whether the first folder's name is the class
 * @param heldout fraction of rows held out, where the source has no split of its own; 0 to below 1
 * @param partitions number of Spark tasks; 0 for one per 2,500 pictures of up to 64 x 64, down to
 *     500 of larger ones
 * @param maxPixels larger pictures are quarantined before they are decoded
 * @param overwrite whether an existing table may be replaced
 */
public record IngestRecipe(
    String input,
    String output,
    int size,
    Crop crop,
    ResizeFilter filter,
    String background,
    boolean classPerFolder,
    double heldout,
    int partitions,
    long maxPixels,
    boolean overwrite)
    implements Serializable {

  public IngestRecipe {
    require(size >= 8 && size <= 4096, "size: " + size + " (expected: 8 to 4096)");
    require(
        background.matches("[0-9a-fA-F]{6}"),
        "background: " + background + " (expected: six hexadecimal digits such as ffffff)");
    require(
        heldout >= 0 && heldout < 1, "heldout: " + heldout + " (expected: 0 or more, less than 1)");
    require(partitions >= 0, "partitions: " + partitions + " (expected: 0 or more)");
    require(maxPixels >= 1, "maxPixels: " + maxPixels + " (expected: 1 or more)");
  }

  /** 32 pixels, central crop, Lanczos, white, 5 % held out; refuses an existing output. */
  public static IngestRecipe of(String input, String output) {
    return new IngestRecipe(
        input,
        output,
        32,
        Crop.CENTER,
        ResizeFilter.LANCZOS,
        "ffffff",
        false,
        0.05,
        0,
        ImageDecoder.DEFAULT_MAX_PIXELS,
        false);
  }

  /** The background as 0xRRGGBB. */
  int backgroundColour() {
    return Integer.parseInt(background, 16);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
