package dev.tessera.datasets.table;

/** The row formats there are. */
public final class RowFormats {

  /** Rows of image tables. */
  public static final RowFormat<ImageRow> IMAGES = new ImageRowFormat();

  /** Rows of code tables. */
  public static final RowFormat<CodeRow> CODES = new CodeRowFormat();

  /** Rows of latent tables. */
  public static final RowFormat<LatentRow> LATENTS = new LatentRowFormat();

  /** Rows of sample tables. */
  public static final RowFormat<SampleRow> SAMPLES = new SampleRowFormat();

  /** Rows of quarantine tables. */
  public static final RowFormat<QuarantineRow> QUARANTINE = new QuarantineRowFormat();

  private RowFormats() {}

  static RowFormat<?> of(TableKind kind) {
    return switch (kind) {
      case IMAGES -> IMAGES;
      case CODES -> CODES;
      case LATENTS -> LATENTS;
      case SAMPLES -> SAMPLES;
      case QUARANTINE -> QUARANTINE;
    };
  }
}
