package dev.tessera.datasets.source;

import com.github.weisj.jsvg.SVGDocument;
import com.github.weisj.jsvg.attributes.ViewBox;
import com.github.weisj.jsvg.parser.LoaderContext;
import com.github.weisj.jsvg.parser.SVGLoader;
import dev.tessera.datasets.image.ImageResizer;
import dev.tessera.datasets.image.ResizeFilter;
import dev.tessera.datasets.image.RgbImage;
import java.awt.Color;
import java.awt.Component;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/**
 * Draws icons: one-colour ones in a palette of their class, flags in their own colours; position
 * and scale vary a little. Keeps what is costly to parse or draw, and belongs to one thread.
 */
final class IconRenderer {

  /** Letters (Guam's flag has four) would depend on the fonts of each machine, and need some. */
  private static final Pattern TEXT = Pattern.compile("<text\\b.*?</text>", Pattern.DOTALL);

  private static final int FLAG_OVERSAMPLING = 3;
  private static final double MAX_FLAG_ZOOM = 0.15;
  private static final double MIN_GLYPH_SCALE = 0.66;
  private static final double GLYPH_SCALE_RANGE = 0.18;

  private final int size;
  private final SVGLoader loader = new SVGLoader();
  private final ImageResizer resizer = new ImageResizer(ResizeFilter.TRIANGLE);
  private final Map<String, String> glyphs = new HashMap<>();
  private final Map<String, RgbImage> flags = new HashMap<>();

  IconRenderer(int size) {
    this.size = size;
  }

  RgbImage render(Icon icon, SplittableRandom random) throws IOException {
    return icon.family() == IconClass.FLAG ? flag(icon, random) : glyph(icon, random);
  }

  private RgbImage flag(Icon icon, SplittableRandom random) throws IOException {
    RgbImage large = flags.get(icon.name());
    if (large == null) {
      String svg = svg(icon);
      int side = size * FLAG_OVERSAMPLING;
      large = draw(svg, side, Color.WHITE, 0, 0, side);
      flags.put(icon.name(), large);
    }
    int cut = (int) (large.width() / (1 + MAX_FLAG_ZOOM * random.nextDouble()));
    int left = random.nextInt(large.width() - cut + 1);
    int top = random.nextInt(large.width() - cut + 1);
    return resizer.resize(large.region(left, top, cut, cut), size, size);
  }

  private RgbImage glyph(Icon icon, SplittableRandom random) throws IOException {
    String svg = glyphs.get(icon.name());
    if (svg == null) {
      svg = svg(icon);
      glyphs.put(icon.name(), svg);
    }
    IconPalette palette = IconPalette.draw(icon.family(), random);
    double side = size * (MIN_GLYPH_SCALE + GLYPH_SCALE_RANGE * random.nextDouble());
    double room = size - side;
    double x = room * (0.5 + 0.5 * (random.nextDouble() - 0.5));
    double y = room * (0.5 + 0.5 * (random.nextDouble() - 0.5));
    String coloured =
        svg.replace("currentColor", String.format(Locale.ROOT, "#%06x", palette.foreground()));
    return draw(coloured, size, new Color(palette.background()), x, y, side);
  }

  private static String svg(Icon icon) throws IOException {
    String svg = new String(IconCatalog.read(icon.resource()), StandardCharsets.UTF_8);
    return TEXT.matcher(svg).replaceAll("");
  }

  private RgbImage draw(String svg, int canvas, Color background, double x, double y, double side) {
    SVGDocument document =
        loader.load(
            new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)),
            null,
            LoaderContext.createDefault());
    BufferedImage image = new BufferedImage(canvas, canvas, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    try {
      graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
      graphics.setRenderingHint(
          RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
      graphics.setColor(background);
      graphics.fillRect(0, 0, canvas, canvas);
      ViewBox box = new ViewBox((float) x, (float) y, (float) side, (float) side);
      document.render((Component) null, graphics, box);
    } finally {
      graphics.dispose();
    }
    return pixels(image);
  }

  private static RgbImage pixels(BufferedImage image) {
    RgbImage result = RgbImage.blank(image.getWidth(), image.getHeight());
    int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
    for (int i = 0; i < rgb.length; i++) {
      result.pixels()[3 * i] = (byte) (rgb[i] >> 16);
      result.pixels()[3 * i + 1] = (byte) (rgb[i] >> 8);
      result.pixels()[3 * i + 2] = (byte) rgb[i];
    }
    return result;
  }
}
