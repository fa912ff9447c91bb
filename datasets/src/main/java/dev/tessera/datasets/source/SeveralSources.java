package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.hadoop.conf.Configuration;

/**
 * Several inputs as one, in their order. Each has a name that goes before its paths; classes of
 * equal names are one class.
 *
 * @param parts the inputs
 * @param splits whether their names tell what is held out
 * @param heldout patterns of what is held out, see {@link InputFiles}
 * @param reading what the listing found out, or null before it
 */
public record SeveralSources(
    List<Part> parts, boolean splits, List<String> heldout, List<Reading> reading)
    implements ImageSource {

  /**
   * An input.
   *
   * @param prefix the name that its paths begin with
   * @param side what its name says, or null
   */
  public record Part(String prefix, Subset side, ImageSource source) implements Serializable {}

  /**
   * How to read an input.
   *
   * @param first id of its first picture
   * @param labels number of each of its classes among all
   */
  public record Reading(ImageSource source, long first, List<Integer> labels)
      implements Serializable {}

  public SeveralSources {
    parts = List.copyOf(parts);
    heldout = List.copyOf(heldout);
    reading = reading == null ? null : List.copyOf(reading);
  }

  /** Names the inputs by the last part of their paths, numbered where these are equal. */
  static SeveralSources of(List<String> specs, List<ImageSource> sources, SourceOptions options) {
    List<Subset> sides = InputNames.sides(specs);
    List<Part> parts = new ArrayList<>();
    Set<String> used = new HashSet<>();
    for (int i = 0; i < specs.size(); i++) {
      String path = specs.get(i).replaceAll("/+$", "");
      String name = path.substring(path.lastIndexOf('/') + 1);
      String unique = name;
      for (int n = 2; !used.add(unique); n++) {
        unique = name + "-" + n;
      }
      parts.add(new Part(unique, sides.get(i), sources.get(i)));
    }
    return new SeveralSources(parts, options.splits(), options.heldout(), null);
  }

  @Override
  public String name() {
    return parts.stream()
        .map(part -> part.source().name())
        .distinct()
        .collect(Collectors.joining("+"));
  }

  @Override
  public Listing list(Configuration conf, ListingLog log) throws IOException {
    List<Listing> listings = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (Part part : parts) {
      Listing listing = part.source().list(conf, log);
      listings.add(listing);
      names.addAll(listing.classNames());
    }
    boolean divide = splits && heldout.isEmpty() && areSides(listings);
    if (divide) {
      tell(listings, log);
    }
    List<String> all = List.copyOf(names);
    List<Segment> segments = new ArrayList<>();
    List<Reading> readings = new ArrayList<>();
    FilePatterns patterns = new FilePatterns(heldout);
    long first = 0;
    for (int i = 0; i < listings.size(); i++) {
      Listing listing = listings.get(i);
      readings.add(
          new Reading(
              listing.reader(), first, listing.classNames().stream().map(all::indexOf).toList()));
      boolean byName = divide && !divided(listing);
      for (Segment segment : listing.segments()) {
        Subset side = side(parts.get(i), segment, byName, patterns);
        segments.add(moved(segment, segment.id() + first).with(side));
      }
      first += listing.count();
    }
    return new Listing(segments, all, new SeveralSources(parts, splits, heldout, readings));
  }

  /** If some inputs that folders do not divide are held out by their names, and not all inputs. */
  private boolean areSides(List<Listing> listings) {
    long heldout = 0;
    for (int i = 0; i < parts.size(); i++) {
      boolean whole = !divided(listings.get(i));
      heldout += whole && parts.get(i).side() == Subset.HELDOUT ? 1 : 0;
    }
    return heldout > 0 && heldout < parts.size();
  }

  private static boolean divided(Listing listing) {
    return listing.segments().stream().anyMatch(segment -> segment.split() != null);
  }

  private void tell(List<Listing> listings, ListingLog log) {
    Set<String> trained = new TreeSet<>();
    Set<String> heldout = new TreeSet<>();
    for (int i = 0; i < parts.size(); i++) {
      if (!divided(listings.get(i))) {
        Part part = parts.get(i);
        (part.side() == Subset.HELDOUT ? heldout : trained).add("input " + part.prefix());
      }
    }
    SplitNames.tell(trained, heldout, log);
  }

  private static Subset side(Part part, Segment segment, boolean byName, FilePatterns patterns) {
    if (byName) {
      return part.side() == null ? Subset.TRAIN : part.side();
    }
    boolean matches =
        patterns.match(part.prefix()) || patterns.match(part.prefix() + "/" + segment.name());
    return matches ? Subset.HELDOUT : segment.split();
  }

  private static Segment moved(Segment s, long id) {
    return new Segment(s.path(), s.name(), id, s.from(), s.to(), s.label(), s.split(), s.extra());
  }

  private int part(Segment segment) {
    int part = 0;
    while (part + 1 < reading.size() && reading.get(part + 1).first() <= segment.id()) {
      part++;
    }
    return part;
  }

  @Override
  public RawImages open(Configuration conf, Split split) {
    // Runs of one input are opened at once: an archive stays open over its segments.
    List<Segment> runs = new ArrayList<>();
    List<List<Segment>> own = new ArrayList<>();
    for (Segment segment : split.segments()) {
      int part = part(segment);
      if (runs.isEmpty() || part(runs.get(runs.size() - 1)) != part) {
        runs.add(segment);
        own.add(new ArrayList<>());
      }
      own.get(own.size() - 1).add(moved(segment, segment.id() - reading.get(part).first()));
    }
    return new SegmentReader(
        new Split(split.number(), runs),
        segment -> {
          int part = part(segment);
          RawImages images =
              reading
                  .get(part)
                  .source()
                  .open(conf, new Split(split.number(), own.get(runs.indexOf(segment))));
          return new Renamed(images, parts.get(part).prefix(), reading.get(part));
        });
  }

  private record Renamed(RawImages images, String prefix, Reading reading) implements RawImages {

    @Override
    public RawImage next() throws IOException {
      RawImage image = images.next();
      if (image == null) {
        return null;
      }
      return new RawImage(
          image.id() + reading.first(),
          prefix + "/" + image.path(),
          image.group(),
          image.label() == null ? null : reading.labels().get(image.label()),
          image.caption(),
          image.split(),
          image.content());
    }

    @Override
    public void close() throws IOException {
      images.close();
    }
  }
}
