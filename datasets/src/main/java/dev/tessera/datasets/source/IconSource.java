package dev.tessera.datasets.source;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import org.apache.hadoop.conf.Configuration;

/**
 * The embedded data set: real icons and flags, drawn in colour. Classes take turns, and within a
 * class its drawings do, each time in other colours; picture i depends on (seed, i) alone. All
 * pictures of one drawing fall on the same side of the training split.
 *
 * @param count number of pictures
 * @param seed of colours and positions
 * @param size side in pixels
 * @param classes names of the classes to draw, labelled in this order; empty for all
 */
public record IconSource(long count, long seed, int size, List<String> classes)
    implements ImageSource {

  /** Enough that every drawing occurs, few enough that ingest takes half a minute on one core. */
  public static final long DEFAULT_COUNT = 20_000;

  public IconSource {
    classes = List.copyOf(classes);
    if (count < 1) {
      throw new IllegalArgumentException("count: " + count + " (expected: 1 or more)");
    }
    if (size < 8 || size > 1024) {
      throw new IllegalArgumentException("size: " + size + " (expected: 8 to 1024)");
    }
    List<String> known = names(List.of(IconClass.values()));
    for (String name : classes) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "classes: " + name + " (expected: some of " + String.join(", ", known) + ")");
      }
    }
  }

  @Override
  public String name() {
    return "icons";
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) {
    Segment all = Segment.of("", "icons", 0, count);
    return new Listing(List.of(all), names(families()), this);
  }

  private List<IconClass> families() {
    if (classes.isEmpty()) {
      return List.of(IconClass.values());
    }
    return classes.stream().map(name -> IconClass.valueOf(name.toUpperCase(Locale.ROOT))).toList();
  }

  private static List<String> names(List<IconClass> families) {
    return families.stream().map(IconClass::label).toList();
  }

  @Override
  public RawImages open(Configuration conf, Split split) throws IOException {
    Map<IconClass, List<Icon>> catalog = IconCatalog.load();
    IconRenderer renderer = new IconRenderer(size);
    return new SegmentReader(split, segment -> new Drawings(segment, catalog, renderer));
  }

  private final class Drawings implements RawImages {

    private final Segment segment;
    private final Map<IconClass, List<Icon>> catalog;
    private final IconRenderer renderer;
    private final List<IconClass> families = families();
    private long next;

    Drawings(Segment segment, Map<IconClass, List<Icon>> catalog, IconRenderer renderer) {
      this.segment = segment;
      this.catalog = catalog;
      this.renderer = renderer;
      this.next = segment.from();
    }

    @Override
    public RawImage next() throws IOException {
      if (next >= segment.to()) {
        return null;
      }
      long id = next++;
      int label = (int) (id % families.size());
      List<Icon> icons = catalog.get(families.get(label));
      long turn = id / families.size();
      Icon icon = icons.get((int) (turn % icons.size()));
      // A new generator for each picture, so that splits do not matter.
      SplittableRandom random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + id);
      return new RawImage(
          id,
          icon.name() + "#" + turn / icons.size(),
          icon.name(),
          label,
          icon.caption(),
          null,
          new RawImage.Decoded(renderer.render(icon, random)));
    }

    @Override
    public void close() {}
  }
}
