package dev.tessera.datasets.image;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageReader;

/**
 * Decodes PNG, JPEG, WebP, GIF, BMP and TIFF to 8-bit sRGB, by the rules that docs/data.md states.
 * An instance keeps a reader per format and the colour profiles it met, and therefore belongs to
 * one thread.
 *
 * <p>Sizes are read from the header and checked before any pixel is decoded, so that a small file
 * which claims a huge picture costs nothing. What decoding will take is estimated from the header
 * too: all decoders of a process together use half of its heap at most.
 */
public final class ImageDecoder implements AutoCloseable {

  private final DecoderSettings settings;
  private final HeapShare heap;
  private final Readers readers = new Readers();
  private final ColourProfiles profiles = new ColourProfiles();

  public ImageDecoder(DecoderSettings settings) {
    this(settings, HeapShare.OF_PROCESS);
  }

  ImageDecoder(DecoderSettings settings, HeapShare heap) {
    this.settings = settings;
    this.heap = heap;
  }

  /** {@link DecoderSettings#defaults}. */
  public ImageDecoder() {
    this(DecoderSettings.defaults());
  }

  /**
   * Decodes one picture, upright by its Exif orientation.
   *
   * @throws UnreadableImageException with the reason: empty, unknown or unsupported format, too
   *     large for the limit or for the heap, truncated or corrupt
   */
  public RgbImage decode(byte[] encoded) throws UnreadableImageException {
    return decode(encoded, null).image();
  }

  /**
   * As {@link #decode(byte[])}, and tells what was wrong with a file that could be read.
   *
   * @param path whose extension may claim another format than the bytes have; null for bytes that
   *     are no file
   * @throws UnreadableImageException with strict settings for whatever else is only a warning, too
   */
  public DecodedImage decode(byte[] encoded, String path) throws UnreadableImageException {
    if (encoded.length == 0) {
      throw new UnreadableImageException("empty file");
    }
    ImageFormat format =
        ImageFormat.sniff(encoded)
            .orElseThrow(() -> new UnreadableImageException(ForeignContent.describe(encoded)));
    Set<String> warnings = new TreeSet<>();
    RgbImage image;
    try {
      image = decode(format, encoded, warnings);
    } catch (IOException | RuntimeException e) {
      // Readers answer damaged input with whatever exception their parsing ran into.
      throw new UnreadableImageException("corrupt " + format + ": " + reason(e), e);
    } catch (OutOfMemoryError e) {
      if (format == ImageFormat.PNG || format == ImageFormat.JPEG) {
        throw e;
      }
      // Readers of the other formats take lengths in damaged files on trust and allocate by them.
      throw new UnreadableImageException("too large: " + format + " that the heap cannot hold", e);
    }
    ImageFormat claimed = path == null ? null : ImageFormat.claimedBy(path).orElse(null);
    if (claimed != null && claimed != format) {
      warnings.add("wrong extension, " + format + " data in a " + claimed + " file");
    }
    if (settings.strict() && !warnings.isEmpty()) {
      throw new UnreadableImageException("damaged: " + String.join("; ", warnings));
    }
    return new DecodedImage(image, warnings);
  }

  /**
   * Converts a value of Spark's image source.
   *
   * @throws UnreadableImageException if it is larger than the limit, of a mode that is not read, or
   *     if Spark could not read the file
   */
  public RgbImage decode(SparkImage image) throws UnreadableImageException {
    image.check();
    checkSize(PictureHeader.plain(image.width(), image.height(), image.channels()));
    return image.over(settings.background());
  }

  private RgbImage decode(ImageFormat format, byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    return switch (format) {
      case PNG -> png(encoded, warnings);
      case JPEG -> jpeg(encoded, warnings);
      case GIF -> gif(encoded, warnings);
      case WEBP -> webp(encoded, warnings);
      case BMP -> bmp(encoded, warnings);
      case TIFF -> tiff(encoded, warnings);
    };
  }

  private RgbImage png(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    // Size first: a bomb should not even have its checksums computed.
    PictureHeader claimed = PngFile.peek(encoded);
    checkSize(claimed);
    heap.require(claimed.need(), claimed.size());
    PngFile file = PngFile.read(encoded);
    warnings.addAll(file.warnings());
    return decoded(
        file.header(),
        warnings,
        () -> {
          try {
            return RasterConversion.straight(readers.read(ImageFormat.PNG, encoded));
          } catch (IOException e) {
            if (!file.complete()) {
              throw new UnreadableImageException("truncated PNG: ends within its picture", e);
            }
            throw e;
          }
        });
  }

  private RgbImage jpeg(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    JpegFile file = JpegFile.read(encoded);
    warnings.addAll(file.warnings());
    return decoded(
        file.header(),
        warnings,
        () -> {
          StraightImage image =
              file.raw()
                  ? Inks.straight(
                      readers.readRaster(ImageFormat.JPEG, file.stream()), file.colours())
                  : RasterConversion.straight(readers.read(ImageFormat.JPEG, file.stream()));
          if (!file.complete()) {
            // The decoder paints what is missing grey and only warns.
            if (file.progressive() || !readers.warnings().isEmpty()) {
              throw new UnreadableImageException("truncated JPEG: ends within its picture");
            }
            warnings.add("JPEG: no end marker");
          }
          return image;
        });
  }

  private RgbImage gif(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    GifFile file = GifFile.read(encoded);
    PictureHeader header = PictureHeader.plain(file.width(), file.height(), 1 + RgbImage.CHANNELS);
    RgbImage picture =
        decoded(
            header,
            warnings,
            () -> RasterConversion.straight(readers.read(ImageFormat.GIF, encoded)));
    return file.onScreen(picture, settings.background());
  }

  private RgbImage webp(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    PictureHeader header = WebpFile.header(encoded, header(ImageFormat.WEBP, encoded));
    byte[] plain = WebpFile.withoutProfile(encoded, header);
    return decoded(
        header, warnings, () -> RasterConversion.straight(readers.read(ImageFormat.WEBP, plain)));
  }

  private RgbImage bmp(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    byte[] sized = BmpFile.withItsSize(encoded);
    PictureHeader header = header(ImageFormat.BMP, sized);
    return decoded(
        header, warnings, () -> RasterConversion.straight(readers.read(ImageFormat.BMP, sized)));
  }

  private RgbImage tiff(byte[] encoded, Set<String> warnings)
      throws IOException, UnreadableImageException {
    PictureHeader header = TiffFile.header(encoded, header(ImageFormat.TIFF, encoded));
    return decoded(
        header,
        warnings,
        () ->
            RasterConversion.straight(
                TiffFile.withItsPalette(encoded, readers.read(ImageFormat.TIFF, encoded))));
  }

  /** What the reader itself says of size and pixels. */
  private PictureHeader header(ImageFormat format, byte[] encoded)
      throws IOException, UnreadableImageException {
    return readers.use(
        format,
        encoded,
        (ImageReader reader) ->
            PictureHeader.plain(
                reader.getWidth(0),
                reader.getHeight(0),
                // Twice: these readers unpack to a buffer of their own before they fill a raster.
                2 * ((reader.getImageTypes(0).next().getColorModel().getPixelSize() + 7) / 8)));
  }

  /** Reads the pixels of a picture whose header is known. */
  @FunctionalInterface
  private interface Pixels {
    StraightImage read() throws IOException, UnreadableImageException;
  }

  private RgbImage decoded(PictureHeader header, Set<String> warnings, Pixels pixels)
      throws IOException, UnreadableImageException {
    checkSize(header);
    int taken = heap.take(header.need(), header.size());
    try {
      StraightImage image = pixels.read();
      warnings.addAll(readers.warnings());
      if (settings.profiles() && header.profile() != null) {
        profiles.apply(header.profile(), image, warnings);
      }
      return Orientation.upright(image.over(settings.background()), header.orientation());
    } finally {
      heap.giveBack(taken);
    }
  }

  private void checkSize(PictureHeader header) throws UnreadableImageException {
    if (header.width() < 1 || header.height() < 1) {
      throw new UnreadableImageException(
          "impossible size " + header.width() + "x" + header.height());
    }
    if ((long) header.width() * header.height() > settings.maxPixels()) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "too large: %dx%d is more than the limit of %d pixels",
              header.width(),
              header.height(),
              settings.maxPixels()));
    }
  }

  private static String reason(Exception e) {
    String message = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    Throwable cause = e.getCause();
    return cause == null || cause.getMessage() == null
        ? message
        : message + ": " + cause.getMessage();
  }

  @Override
  public void close() {
    readers.close();
  }
}
