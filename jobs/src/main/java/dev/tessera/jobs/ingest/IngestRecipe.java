package dev.tessera.jobs.ingest;

import dev.tessera.datasets.image.Crop;
import dev.tessera.datasets.image.DecoderSettings;
import dev.tessera.datasets.image.ResizeFilter;
import dev.tessera.datasets.source.Columns;
import dev.tessera.datasets.source.Kind;
import dev.tessera.datasets.source.SourceOptions;
import java.io.Serializable;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.util.List;

/**
 * What {@code ingest} reads, makes and writes.
 *
 * @param inputs paths or {@code icons:}, see {@link dev.tessera.datasets.source.SourceSpec}
 * @param output folder of the table
 * @param size side of the pictures in pixels, 8 to 4096
 * @param crop how pictures become square
 * @param filter of the resize
 * @param background six hexadecimal digits, after a # or not: seen through transparent pixels
 * @param padding as {@code background}, of what {@code crop} adds; empty for the background's
 * @param classPerFolder whether folders are classes
 * @param heldout fraction of rows held out, where the source has no split of its own; 0 to below 1
 * @param partitions number of Spark tasks; 0 for one per 2,500 pictures of up to 64 x 64, down to
 *     500 of larger ones
 * @param maxPixels larger pictures are quarantined before they are decoded
 * @param strict whether a picture that can only be read with a warning is quarantined
 * @param profiles whether colours are converted to sRGB by a file's ICC profile
 * @param overwrite whether an existing table may be replaced
 * @param format what the input's files are
 * @param splits whether folders, names and a column tell what is held out
 * @param columns of Parquet files
 * @param zipNames charset of names in zips that are no UTF-8
 * @param include patterns of files of which each must match one, if there are any
 * @param exclude patterns of files of which each must match none
 * @param heldoutFiles patterns of files that are held out, instead of what folders and names say
 */
public record IngestRecipe(
    List<String> inputs,
    String output,
    int size,
    Crop crop,
    ResizeFilter filter,
    String background,
    String padding,
    boolean classPerFolder,
    double heldout,
    int partitions,
    long maxPixels,
    boolean strict,
    boolean profiles,
    boolean overwrite,
    Kind format,
    boolean splits,
    Columns columns,
    String zipNames,
    List<String> include,
    List<String> exclude,
    List<String> heldoutFiles)
    implements Serializable {

  private static final String COLOUR = " (expected: six hexadecimal digits such as ffffff)";

  public IngestRecipe {
    inputs = List.copyOf(inputs);
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    heldoutFiles = List.copyOf(heldoutFiles);
    require(isCharset(zipNames), "zipNames: " + zipNames + " (expected: a charset, as Shift_JIS)");
    require(size >= 8 && size <= 4096, "size: " + size + " (expected: 8 to 4096)");
    require(isColour(background), "background: " + background + COLOUR);
    require(padding.isEmpty() || isColour(padding), "padding: " + padding + COLOUR);
    background = digits(background);
    padding = digits(padding);
    require(
        heldout >= 0 && heldout < 1, "heldout: " + heldout + " (expected: 0 or more, less than 1)");
    require(partitions >= 0, "partitions: " + partitions + " (expected: 0 or more)");
    require(maxPixels >= 1, "maxPixels: " + maxPixels + " (expected: 1 or more)");
  }

  /** 32 pixels, central crop, Lanczos, white, 5 % held out; refuses an existing output. */
  public static IngestRecipe of(String input, String output) {
    return of(List.of(input), output);
  }

  /** As above, of several inputs. */
  public static IngestRecipe of(List<String> inputs, String output) {
    return new IngestRecipe(
        inputs,
        output,
        32,
        Crop.CENTER,
        ResizeFilter.LANCZOS,
        "ffffff",
        "",
        false,
        0.05,
        0,
        DecoderSettings.DEFAULT_MAX_PIXELS,
        false,
        true,
        false,
        Kind.AUTO,
        true,
        Columns.defaults(),
        SourceOptions.ZIP_NAMES,
        List.of(),
        List.of(),
        List.of());
  }

  /** Of the files that match. */
  IngestRecipe selecting(
      List<String> include, List<String> exclude, List<String> heldoutFiles, boolean overwrite) {
    return new IngestRecipe(
        inputs,
        output,
        size,
        crop,
        filter,
        background,
        padding,
        classPerFolder,
        heldout,
        partitions,
        maxPixels,
        strict,
        profiles,
        overwrite,
        format,
        splits,
        columns,
        zipNames,
        include,
        exclude,
        heldoutFiles);
  }

  /** Replacing what is there. */
  public IngestRecipe overwriting() {
    return selecting(include, exclude, heldoutFiles, true);
  }

  SourceOptions source() {
    return new SourceOptions(
        classPerFolder, size, format, splits, columns, include, exclude, heldoutFiles, zipNames);
  }

  /** The inputs as one text. */
  String input() {
    return String.join(" ", inputs);
  }

  private static boolean isCharset(String name) {
    try {
      return Charset.isSupported(name);
    } catch (IllegalCharsetNameException e) {
      return false;
    }
  }

  /** The background as 0xRRGGBB. */
  int backgroundColour() {
    return Integer.parseInt(background, 16);
  }

  /** The colour of the padding as 0xRRGGBB. */
  int paddingColour() {
    return padding.isEmpty() ? backgroundColour() : Integer.parseInt(padding, 16);
  }

  /** How pictures are decoded. */
  DecoderSettings decoder() {
    return new DecoderSettings(maxPixels, backgroundColour(), strict, profiles);
  }

  private static boolean isColour(String text) {
    return text.matches("#?[0-9a-fA-F]{6}");
  }

  private static String digits(String colour) {
    return colour.startsWith("#") ? colour.substring(1) : colour;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
