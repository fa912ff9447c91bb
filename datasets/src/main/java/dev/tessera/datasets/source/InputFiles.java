package dev.tessera.datasets.source;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.conf.Configuration;

/**
 * Files that an input names.
 *
 * @param spec a file, a folder, or a pattern of files where no file has that name
 * @param include patterns of which a file must match one, if there are any; see {@link
 *     FilePatterns}
 * @param exclude patterns of which it must match none
 * @param heldout patterns of what is held out, in place of what folders and names say
 */
public record InputFiles(
    String spec, List<String> include, List<String> exclude, List<String> heldout)
    implements Serializable {

  public InputFiles {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
    heldout = List.copyOf(heldout);
  }

  static InputFiles of(String spec) {
    return new InputFiles(spec, List.of(), List.of(), List.of());
  }

  /** Whether the user says what is held out. */
  boolean saysHeldout() {
    return !heldout.isEmpty();
  }

  /** Gives segments the sides that the user says; else those of their names, if they count. */
  List<Segment> divide(List<Segment> segments, boolean byName, ListingLog log) {
    if (saysHeldout()) {
      return asUserSays(segments);
    }
    return byName ? SplitNames.assign(segments, log) : segments;
  }

  List<Segment> asUserSays(List<Segment> segments) {
    FilePatterns patterns = new FilePatterns(heldout);
    return segments.stream().map(segment -> segment.with(patterns.side(segment.name()))).toList();
  }

  /**
   * All of them, sorted by name, hidden ones left out.
   *
   * @throws dev.tessera.datasets.InvalidDatasetException if there is nothing of that name
   */
  List<SourceFiles.Found> list(Configuration conf, ListingLog log) throws IOException {
    List<SourceFiles.Found> all = SourceFiles.matching(conf, spec, log);
    if (include.isEmpty() && exclude.isEmpty()) {
      return all;
    }
    FilePatterns wanted = new FilePatterns(include);
    FilePatterns unwanted = new FilePatterns(exclude);
    List<SourceFiles.Found> selected = new ArrayList<>();
    for (SourceFiles.Found file : all) {
      if ((wanted.isEmpty() || wanted.match(file.relative())) && !unwanted.match(file.relative())) {
        selected.add(file);
      }
    }
    if (selected.size() < all.size()) {
      log.note(
          "files: "
              + Counted.of(all.size() - selected.size(), "file", "files")
              + " of "
              + all.size()
              + " left out by --include and --exclude");
    }
    return selected;
  }
}
