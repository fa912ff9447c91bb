package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The words by which data sets name their parts, as the {@code datasets} library knows them. */
final class SplitNames {

  private static final String TRAIN = "train|training";
  private static final String OTHER =
      "val|valid|validation|dev|test|testing|eval|evaluation|t10k|heldout";

  /** {@code train}, {@code Val}, {@code val2017}, {@code test_1}, {@code split=test}. */
  private static final Pattern FOLDER =
      Pattern.compile("(?:split=)?(?:(" + TRAIN + ")|(?:" + OTHER + "))(?:[ ._-]?\\d+)*");

  /** As a word of a longer name: {@code emnist-letters-test-images}, {@code test_batch.bin}. */
  private static final Pattern WORD =
      Pattern.compile("(?:^|[ ._=-])(?:(" + TRAIN + ")|(?:" + OTHER + "))(?=$|[ ._-]|\\d)");

  private SplitNames() {}

  /** Which side a folder's whole name says. */
  static Optional<Subset> ofFolder(String name) {
    return side(FOLDER.matcher(name.toLowerCase(Locale.ROOT)), true);
  }

  /** Which side a file's path says: the last folder that is a split's, or a word of its name. */
  static Optional<Subset> ofFile(String path) {
    String[] parts = path.split("/", -1);
    Optional<Subset> side =
        side(WORD.matcher(parts[parts.length - 1].toLowerCase(Locale.ROOT)), false);
    for (int i = parts.length - 2; i >= 0 && side.isEmpty(); i--) {
      side = ofFolder(parts[i]);
    }
    return side;
  }

  private static Optional<Subset> side(Matcher matcher, boolean whole) {
    if (!(whole ? matcher.matches() : matcher.find())) {
      return Optional.empty();
    }
    return Optional.of(matcher.group(1) != null ? Subset.TRAIN : Subset.HELDOUT);
  }

  /**
   * Gives the segments of archives and tables the sides that their names say, if any but not all
   * are held out. What says none is trained on.
   */
  static List<Segment> assign(List<Segment> segments, ListingLog log) {
    Set<String> trained = new TreeSet<>();
    Set<String> heldout = new TreeSet<>();
    for (Segment segment : segments) {
      (ofFile(segment.name()).orElse(Subset.TRAIN) == Subset.TRAIN ? trained : heldout)
          .add(segment.name());
    }
    if (trained.isEmpty() || heldout.isEmpty()) {
      return segments;
    }
    log.note("splits: train from " + Names.of(trained) + "; held out from " + Names.of(heldout));
    List<Segment> assigned = new ArrayList<>(segments.size());
    for (Segment segment : segments) {
      assigned.add(segment.with(ofFile(segment.name()).orElse(Subset.TRAIN)));
    }
    return assigned;
  }
}
