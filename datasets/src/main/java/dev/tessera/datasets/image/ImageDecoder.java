package dev.tessera.datasets.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Decodes PNG and JPEG to RGB. An instance keeps one JDK reader per format, which is twice as fast
 * as {@code ImageIO.read}, and therefore belongs to one thread.
 *
 * <p>Sizes are read from the header and checked before any pixel is decoded, so that a small file
 * which claims a huge picture costs nothing. What decoding will take is estimated from the header
 * too: all decoders of a process together use half of its heap at most.
 */
public final class ImageDecoder implements AutoCloseable {

  /** 64 megapixels, more than common cameras give: 192 MB as RGB, up to 704 MB while decoded. */
  public static final long DEFAULT_MAX_PIXELS = 64L << 20;

  private final long maxPixels;
  private final HeapShare heap;
  private final RasterConversion conversion;
  private final Warnings warnings = new Warnings();
  private final ImageReader png = reader("png");
  private final ImageReader jpeg = reader("jpeg");

  /**
   * @param maxPixels refuses pictures with more, 1 or more
   * @param background 0xRRGGBB, seen through transparent pixels
   */
  public ImageDecoder(long maxPixels, int background) {
    this(maxPixels, background, HeapShare.OF_PROCESS);
  }

  ImageDecoder(long maxPixels, int background, HeapShare heap) {
    if (maxPixels < 1) {
      throw new IllegalArgumentException("maxPixels: " + maxPixels + " (expected: 1 or more)");
    }
    this.maxPixels = maxPixels;
    this.heap = heap;
    this.conversion = new RasterConversion(background);
  }

  /** White background, {@link #DEFAULT_MAX_PIXELS}. */
  public ImageDecoder() {
    this(DEFAULT_MAX_PIXELS, 0xffffff);
  }

  /**
   * Decodes one picture, upright by its Exif orientation.
   *
   * @throws UnreadableImageException with the reason: empty, unknown or unsupported format, too
   *     large for the limit or for the heap, truncated or corrupt
   */
  public RgbImage decode(byte[] encoded) throws UnreadableImageException {
    if (encoded.length == 0) {
      throw new UnreadableImageException("empty file");
    }
    ImageFormat format =
        ImageFormat.sniff(encoded)
            .orElseThrow(() -> new UnreadableImageException("not an image (no known signature)"));
    if (!format.supported()) {
      throw new UnreadableImageException(format + " image (expected: PNG or JPEG)");
    }
    try {
      return format == ImageFormat.PNG ? decodePng(encoded) : decodeJpeg(encoded);
    } catch (IOException | RuntimeException e) {
      // The JDK's readers answer damaged input with whatever exception their parsing ran into.
      throw new UnreadableImageException("corrupt " + format + ": " + reason(e), e);
    }
  }

  /**
   * As {@link #decode(byte[])}, and refuses a file whose name claims another format than its bytes.
   */
  public RgbImage decode(byte[] encoded, String path) throws UnreadableImageException {
    ImageFormat claimed = ImageFormat.claimedBy(path).orElse(null);
    ImageFormat found = ImageFormat.sniff(encoded).orElse(null);
    if (claimed != null && found != null && claimed != found) {
      throw new UnreadableImageException(
          "wrong extension: " + found + " data in a " + claimed + " file");
    }
    return decode(encoded);
  }

  private RgbImage decodePng(byte[] encoded) throws IOException, UnreadableImageException {
    // Size first: a bomb should not even have its checksums computed.
    PngHeader header = PngHeader.peek(encoded);
    checkSize(header.width(), header.height());
    int taken = take(header.width(), header.height(), header.pixelBytes() + RgbImage.CHANNELS);
    try {
      PngHeader.check(encoded);
      return conversion.toRgb(read(png, encoded));
    } finally {
      heap.giveBack(taken);
    }
  }

  private RgbImage decodeJpeg(byte[] encoded) throws IOException, UnreadableImageException {
    JpegHeader header = JpegHeader.read(encoded);
    checkSize(header.width(), header.height());
    // The raster, its conversion, and a copy that is turned.
    int copies = header.orientation() == 1 ? 1 : 2;
    int pixelBytes = header.components() + copies * RgbImage.CHANNELS;
    int taken = take(header.width(), header.height(), pixelBytes);
    try {
      RgbImage image =
          header.components() == 4
              ? CmykConversion.toRgb(readRaster(encoded), header.adobeTransform())
              : conversion.toRgb(read(jpeg, encoded));
      return ExifOrientation.upright(image, header.orientation());
    } finally {
      heap.giveBack(taken);
    }
  }

  private int take(int width, int height, int pixelBytes) throws UnreadableImageException {
    String picture = width + "x" + height + " of " + pixelBytes + " bytes a pixel";
    return heap.take((long) width * height * pixelBytes, picture);
  }

  private void checkSize(int width, int height) throws UnreadableImageException {
    if (width < 1 || height < 1) {
      throw new UnreadableImageException("impossible size " + width + "x" + height);
    }
    if ((long) width * height > maxPixels) {
      throw new UnreadableImageException(
          String.format(
              Locale.ROOT,
              "too large: %dx%d is more than the limit of %d pixels",
              width,
              height,
              maxPixels));
    }
  }

  private BufferedImage read(ImageReader reader, byte[] encoded)
      throws IOException, UnreadableImageException {
    open(reader, encoded);
    try {
      BufferedImage image = reader.read(0);
      warnings.check();
      return image;
    } finally {
      reader.setInput(null);
    }
  }

  private Raster readRaster(byte[] encoded) throws IOException, UnreadableImageException {
    open(jpeg, encoded);
    try {
      Raster raster = jpeg.readRaster(0, null);
      warnings.check();
      return raster;
    } finally {
      jpeg.setInput(null);
    }
  }

  private void open(ImageReader reader, byte[] encoded) {
    warnings.clear();
    // A memory stream never touches ImageIO's disk cache, whatever ImageIO.setUseCache says.
    reader.setInput(new MemoryCacheImageInputStream(new ByteArrayInputStream(encoded)), true, true);
  }

  private ImageReader reader(String format) {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    reader.addIIOReadWarningListener(warnings);
    return reader;
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
    png.dispose();
    jpeg.dispose();
  }

  /** libjpeg only warns of missing data and paints it grey; such a picture is damaged. */
  private static final class Warnings implements IIOReadWarningListener {

    private String damage;

    @Override
    public void warningOccurred(ImageReader source, String warning) {
      String text = warning.toLowerCase(Locale.ROOT);
      if (text.contains("premature") || text.contains("corrupt") || text.contains("truncated")) {
        damage = warning;
      }
    }

    void clear() {
      damage = null;
    }

    void check() throws UnreadableImageException {
      if (damage != null) {
        throw new UnreadableImageException("corrupt image: " + damage);
      }
    }
  }
}
