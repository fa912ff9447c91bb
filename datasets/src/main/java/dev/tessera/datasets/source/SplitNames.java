package dev.tessera.datasets.source;

import dev.tessera.datasets.table.Subset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words by which data sets name their parts: those of the {@code datasets} library ("splits and
 * file names"), delimited as there, and some of its kind.
 */
final class SplitNames {

  private static final String TRAIN = "train|training|trainset|trainval";
  private static final String OTHER =
      "val|valid|validation|valset|dev|devset|test|testing|testset|eval|evaluation|heldout|holdout"
          + "|t10k";
  private static final String WORDS = "(?:(" + TRAIN + ")|(?:" + OTHER + "))";

  /** Never inside a word: {@code latest}, {@code trainer} and {@code devices} say nothing. */
  private static final Pattern WORD = Pattern.compile("(?<![^-_. \\d])" + WORDS + "(?![^-_. \\d])");

  /** Nothing else in the name but numbers. */
  private static final Pattern WHOLE = Pattern.compile(WORDS + "(?:[-_. ]?\\d+)*");

  /** Of {@code split=test}; another key's value is no split's name. */
  private static final Set<String> KEYS = Set.of("split", "subset", "fold");

  private SplitNames() {}

  /** Which side a folder's or file's own name says by a word in it; the first counts. */
  static Optional<Subset> ofName(String name) {
    Matcher matcher = WORD.matcher(words(name));
    return matcher.find() ? Optional.of(side(matcher)) : Optional.empty();
  }

  /** Whether a folder's name says only that. */
  static boolean isWhole(String folder) {
    return WHOLE.matcher(words(folder)).matches();
  }

  /** {@code trainA} has two words; of {@code split=test} only the value counts. */
  private static String words(String name) {
    int equals = name.indexOf('=');
    if (equals >= 0) {
      boolean split = KEYS.contains(name.substring(0, equals).toLowerCase(Locale.ROOT));
      return split ? words(name.substring(equals + 1)) : "";
    }
    return name.replaceAll("(?<=[a-z])(?=[A-Z])", "_").toLowerCase(Locale.ROOT);
  }

  private static Subset side(Matcher matcher) {
    return matcher.group(1) != null ? Subset.TRAIN : Subset.HELDOUT;
  }

  /** Which side the folders of a path say; the deepest that says one counts. */
  static Optional<Subset> ofFolders(String path) {
    String[] parts = path.split("/", -1);
    for (int i = parts.length - 2; i >= 0; i--) {
      Optional<Subset> side = ofName(parts[i]);
      if (side.isPresent()) {
        return side;
      }
    }
    return Optional.empty();
  }

  /** Which side a path's last part says. */
  static Optional<Subset> ofFile(String path) {
    return ofName(path.substring(path.lastIndexOf('/') + 1));
  }

  /**
   * Gives the segments of archives and tables the sides that their folders say, or else their
   * files' names, if any but not all are held out. What says none is trained on.
   */
  static List<Segment> assign(List<Segment> segments, ListingLog log) {
    List<Function<String, Optional<Subset>>> ways =
        List.of(
            SplitNames::ofFolders,
            SplitNames::ofFile,
            path -> ofFile(path).or(() -> ofFolders(path)));
    for (Function<String, Optional<Subset>> way : ways) {
      Set<String> trained = new TreeSet<>();
      Set<String> heldout = new TreeSet<>();
      List<Segment> assigned = new ArrayList<>(segments.size());
      for (Segment segment : segments) {
        String path = segment.name().replaceFirst("/$", ""); // Of a zip's entries it is a prefix.
        Subset side = way.apply(path).orElse(Subset.TRAIN);
        (side == Subset.TRAIN ? trained : heldout).add(path);
        assigned.add(segment.with(side));
      }
      if (!trained.isEmpty() && !heldout.isEmpty()) {
        tell(trained, heldout, log);
        return assigned;
      }
    }
    return segments;
  }

  /**
   * The same for pictures that no folder divides: only if each of their names says a side, for
   * pictures have many names.
   */
  static List<Segment> assignPictures(List<Segment> segments, ListingLog log) {
    boolean all = segments.stream().allMatch(segment -> ofFile(segment.name()).isPresent());
    return all ? assign(segments, log) : segments;
  }

  static void tell(Set<String> trained, Set<String> heldout, ListingLog log) {
    log.note("splits: train from " + Names.of(trained) + "; held out from " + Names.of(heldout));
  }
}
