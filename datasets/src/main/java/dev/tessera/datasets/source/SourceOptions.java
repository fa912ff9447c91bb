package dev.tessera.datasets.source;

import java.util.List;

/**
 * What a user says of an input; all else is guessed.
 *
 * @param classPerFolder for pictures and zips: folders are classes
 * @param iconSize side of embedded icons in pixels, unless the input says it
 * @param format what the files are
 * @param splits whether folders and names tell what is held out
 * @param columns of Parquet files
 * @param include see {@link InputFiles}
 * @param exclude see {@link InputFiles}
 * @param heldout see {@link InputFiles}
 * @param zipNames charset of names in zips that are no UTF-8
 */
public record SourceOptions(
    boolean classPerFolder,
    int iconSize,
    Kind format,
    boolean splits,
    Columns columns,
    List<String> include,
    List<String> exclude,
    List<String> heldout,
    String zipNames) {

  public SourceOptions {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    heldout = List.copyOf(heldout);
  }

  /** The charset that the zip format names for entries without a flag. */
  public static final String ZIP_NAMES = "IBM437";

  /** Everything else guessed. */
  public static SourceOptions of(boolean classPerFolder, int iconSize) {
    return new SourceOptions(
        classPerFolder,
        iconSize,
        Kind.AUTO,
        true,
        Columns.defaults(),
        List.of(),
        List.of(),
        List.of(),
        ZIP_NAMES);
  }
}
