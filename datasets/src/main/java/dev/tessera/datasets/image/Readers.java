package dev.tessera.datasets.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;
import javax.imageio.spi.ImageReaderSpi;

/**
 * One reader a format, kept: twice as fast as {@code ImageIO.read}. All but WebP's are the JDK's
 * own whatever others are on the class path, some of which are slower or read other colours.
 */
final class Readers implements AutoCloseable, IIOReadWarningListener {

  private static final int MOST_PROVIDERS = 100;

  /** In the bundle the package has another name, here too. */
  private static final String OF_WEBP = "com.twelvemonkeys.";

  private static final String OF_THE_JDK = "com.sun.imageio.";

  private final Map<ImageFormat, ImageReader> readers = new EnumMap<>(ImageFormat.class);
  private final Set<String> warnings = new TreeSet<>();

  /** What a reader does with an opened file. */
  @FunctionalInterface
  interface Use<T> {
    T of(ImageReader reader) throws IOException, UnreadableImageException;
  }

  <T> T use(ImageFormat format, byte[] file, Use<T> use)
      throws IOException, UnreadableImageException {
    ImageReader reader = readers.computeIfAbsent(format, this::open);
    try {
      reader.setInput(new MemoryImageStream(file), true, true);
      return use.of(reader);
    } finally {
      reader.setInput(null);
    }
  }

  BufferedImage read(ImageFormat format, byte[] file) throws IOException, UnreadableImageException {
    warnings.clear();
    return use(format, file, reader -> reader.read(0));
  }

  Raster readRaster(ImageFormat format, byte[] file) throws IOException, UnreadableImageException {
    warnings.clear();
    return use(format, file, reader -> reader.readRaster(0, null));
  }

  /** What the reader of the last picture warned of, without numbers. */
  Set<String> warnings() {
    return warnings;
  }

  @Override
  public void warningOccurred(ImageReader source, String warning) {
    StringBuilder kind = new StringBuilder(warning.length());
    for (String word : warning.split(" ", -1)) {
      boolean number = !word.isEmpty() && Character.isDigit(word.charAt(0));
      kind.append(kind.isEmpty() ? "" : " ").append(number ? "N" : word);
    }
    warnings.add(kind.toString());
  }

  private ImageReader open(ImageFormat format) {
    ImageReader reader = format == ImageFormat.WEBP ? webp() : ofTheJdk(format);
    reader.addIIOReadWarningListener(this);
    return reader;
  }

  /** By our own class loader: ImageIO asks the one of the thread that used it first. */
  private static ImageReader webp() {
    Iterator<ImageReaderSpi> all =
        ServiceLoader.load(ImageReaderSpi.class, Readers.class.getClassLoader()).iterator();
    for (int i = 0; i < MOST_PROVIDERS; i++) {
      try {
        if (!all.hasNext()) {
          break;
        }
        ImageReaderSpi spi = all.next();
        // Another version that the user has is the user's.
        boolean ours = spi.getClass().getName().startsWith(OF_WEBP);
        if (ours && Arrays.asList(spi.getMIMETypes()).contains("image/webp")) {
          return spi.createReaderInstance();
        }
      } catch (ServiceConfigurationError e) {
        // So is one that does not load.
      } catch (IOException e) {
        throw new IllegalStateException("The reader of WebP cannot be made", e);
      }
    }
    throw new IllegalStateException("no reader of WebP on the class path: add imageio-webp");
  }

  private static ImageReader ofTheJdk(ImageFormat format) {
    Iterator<ImageReader> all =
        ImageIO.getImageReadersByFormatName(format.name().toLowerCase(Locale.ROOT));
    while (all.hasNext()) {
      ImageReader reader = all.next();
      if (reader.getClass().getName().startsWith(OF_THE_JDK)) {
        return reader;
      }
      reader.dispose();
    }
    throw new IllegalStateException("This JDK has no reader of " + format);
  }

  @Override
  public void close() {
    readers.values().forEach(ImageReader::dispose);
  }
}
